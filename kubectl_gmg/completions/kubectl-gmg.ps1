# Completion of kubectl-gmg for PowerShell 5.1 and later. Put this in your $PROFILE:
#
#   kubectl-gmg completion powershell | Out-String | Invoke-Expression
#
# Candidates are data here: whatever a cluster or a file calls its objects is never evaluated, and it is quoted where
# it is inserted.

Register-ArgumentCompleter -Native -CommandName 'kubectl-gmg', 'kubectl-gmg.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the cursor without quotes; of the one at the cursor what stands left of it.
    $words = @()
    $open = $false
    foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.StartOffset -ge $cursorPosition) {
            break
        }
        $open = $element.Extent.EndOffset -ge $cursorPosition
        if ($open) {
            $left = $element.Extent.Text.Substring(0, $cursorPosition - $element.Extent.StartOffset)
            $words += $left -replace '^["'']', '' -replace '["'']$', ''
        } elseif ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $words += $element.Value
        } else {
            $words += $element.Extent.Text
        }
    }
    if (-not $open) {
        $words += ''
    }
    $last = $words[-1]

    # PowerShell before 7.3 drops empty arguments and does not hide quotes in others.
    $passing = Get-Variable -Name PSNativeCommandArgumentPassing -ValueOnly -ErrorAction Ignore
    if ($null -eq $passing -or "$passing" -eq 'Legacy') {
        $words = @($words | ForEach-Object { if ($_ -eq '') { '""' } else { $_ -replace '(\\*)"', '$1$1\"' } })
    }

    $code = $global:LASTEXITCODE
    $encoding = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
        $lines = @(& kubectl-gmg __complete @words 2>$null)
    } catch {
        $lines = @()
    } finally {
        [Console]::OutputEncoding = $encoding
        $global:LASTEXITCODE = $code
    }
    if ($lines.Count -eq 0 -or $lines[-1] -notmatch '^:[0-9]+$') {
        return ''
    }
    $directive = [int]$lines[-1].Substring(1)
    $lines = @($lines | Select-Object -SkipLast 1)
    # An empty text is no candidate, but it keeps PowerShell from offering files.
    if ($directive -band 1) {
        return ''
    }
    if ($directive -band 24) {
        $endings = @($lines | ForEach-Object { ".$_" })
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) | Where-Object {
            $_.ResultType -eq 'ProviderContainer' -or
                (($directive -band 8) -and [System.IO.Path]::GetExtension($_.ListItemText) -in $endings)
        }
        return
    }

    $flag = ''
    if ($last -match '^-[^=]*=') {
        $flag = $Matches[0]
    }
    $found = @($lines | ForEach-Object {
            $value, $note = $_ -split "`t", 2
            if ($value -and $value -notmatch '[\x00-\x1f\x7f]') {
                if ($flag -and -not $value.StartsWith($flag, [System.StringComparison]::Ordinal)) {
                    $value = $flag + $value
                }
                # Bare words hold nothing that PowerShell could take for more than a letter.
                $text = $value
                if ($value -notmatch '^[A-Za-z0-9_./:=+%-]+$') {
                    $text = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'"
                }
                if (-not ($directive -band 2)) {
                    $text += ' '
                }
                if (-not $note) {
                    $note = $value
                }
                [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $note)
            }
        })
    if ($found.Count -eq 0 -and ($directive -band 4)) {
        return ''
    }
    if ($directive -band 32) {
        return $found
    }
    $found | Sort-Object -Property ListItemText
}
