"""Where objects come from: each source answers with a `Snapshot` of raw objects and of what it could not read.

`files` reads manifests: `text` turns bytes into documents (`nodes` and `scalars` read YAML as kubectl does, `lines`
finds lines afterwards), `objects` turns documents of any source into objects of our kinds.
"""
