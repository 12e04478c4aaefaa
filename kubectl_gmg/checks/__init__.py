"""The rules of `check`, one file each, and what they share (`spec/cli.md` 8).

A rule is `gmgNNN_slug.py`; its docstring is its entry in the catalogue. Beside the rules stand:

- the frame: `rule`, `catalogue`, `context` (what rules ask), `report` (from problems to findings), `suppression`,
  `rule_names`;
- words and places: `words`, `selector_words`, `matcher_places`, `domains`, `seniority`, `nearest_names`;
- what one family of rules asks: gateways and hosts (`host_selection`, `gateway_binding`, `allowed_route_tables`,
  `ingress_services`), delegation (`delegating_rules`, `dead_selectors`, `selected_roots`, `near_misses`, `orphans`,
  `ties`, `weight_effects`), matching (`child_rules`, `contradictions`, `shadowing`, `nested_paths`, `letter_case`,
  `impossible_conditions`, `unmatchable_paths`), actions (`path_rewrites`, `redirect_loops`, `faulty_destinations`,
  `forwarded_services`, `federation`), policies (`policy_conflicts`), workspaces (`workspace_members`,
  `workspace_sharing`), statuses (`controller_status`, `object_graph`);
- what proves and mends: `witnesses`, and `…_fixes`;
- what keeps rules silent: `spoiled` (noted already), `outside` (not given).
"""
