package modelspine_test

import data.modelspine

good := {
	"action": "promote",
	"deployment": {"spec": {"target": {"name": "kserve"}}},
	"model": {
		"name": "digits",
		"version": "7",
		"approval": "approved",
		"owner": "digits-team",
		"classification": "internal",
		"tags": {"reviewed_by": "model-risk"},
		"metrics": {"accuracy": 0.9},
	},
}

rules(changes) := {finding.rule |
	some finding in modelspine.decision.findings with input as json.patch(good, changes)
}

test_what_has_all_is_allowed if {
	modelspine.decision.verdict == "allow" with input as good
	rules([]) == set()
}

test_each_shortcoming_is_denied if {
	rules([{"op": "replace", "path": "/model/approval", "value": "pending"}]) == {"approved"}
	rules([{"op": "remove", "path": "/model/tags/reviewed_by"}]) == {"four-eyes"}
	rules([{"op": "replace", "path": "/model/tags/reviewed_by", "value": "digits-team"}]) == {"four-eyes"}
	rules([{"op": "remove", "path": "/model/owner"}]) == {"four-eyes"}
	rules([{"op": "replace", "path": "/model/metrics/accuracy", "value": 0.79}]) == {"evaluation"}
	rules([{"op": "remove", "path": "/model/metrics"}]) == {"evaluation"}
	rules([{"op": "replace", "path": "/model/classification", "value": "personal"}]) == {"classification"}
	rules([{"op": "remove", "path": "/model/classification"}]) == {"classification"}
}

test_a_finding_denies if {
	modelspine.decision.verdict == "deny" with input as json.patch(
		good,
		[{"op": "remove", "path": "/model/classification"}],
	)
}

test_a_version_that_nobody_knows_is_denied if {
	modelspine.decision.verdict == "deny" with input as json.remove(good, ["model"])
}

test_other_actions_are_denied if {
	modelspine.decision.verdict == "deny" with input as json.patch(
		good,
		[{"op": "replace", "path": "/action", "value": "delete"}],
	)
}
