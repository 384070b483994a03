package changes_test

import data.modelspine

resource := {
	"kind": "ModelDeployment",
	"metadata": {"name": "churn", "namespace": "default", "labels": {"team": "risk"}},
	"spec": {"runtime": {"env": ["LOG_LEVEL"], "secrets": {}, "resources": {}}},
}

guarded := json.patch(resource, [{"op": "add", "path": "/metadata/labels/protected", "value": "true"}])

change(action, roles, more) := object.union(
	{"version": 1, "action": action, "actor": {"name": "ana", "roles": roles}},
	more,
)

steering(command, roles) := change("command", roles, {
	"deployment": resource,
	"command": command,
	"full": false,
})

deleting(force, roles) := change("delete", roles, {"resource": resource, "force": force})

rules_of(findings) := {finding.rule | some finding in findings}

test_wants_a_team if {
	modelspine.decision.verdict == "allow" with input as change("deploy", [], {"resource": resource})
	stray := json.remove(resource, ["/metadata/labels/team"])
	modelspine.decision.verdict == "deny" with input as change("deploy", [], {"resource": stray})
}

test_lets_only_release_change_what_is_protected if {
	modelspine.decision.verdict == "deny" with input as change("deploy", [], {"resource": resource, "previous": guarded})
	modelspine.decision.verdict == "allow" with input as change("deploy", ["release"], {
		"resource": resource,
		"previous": guarded,
	})
}

test_warns_of_secrets_in_variables if {
	careless := json.patch(resource, [{"op": "add", "path": "/spec/runtime/env/-", "value": "HF_TOKEN"}])
	decision := modelspine.decision with input as change("deploy", [], {"resource": careless})
	decision.verdict == "allow"
	decision.findings == {{
		"rule": "secrets-in-env",
		"level": "advisory",
		"message": "HF_TOKEN may be secrets: write them in runtime.secrets",
	}}
}

test_lets_the_team_and_release_steer if {
	modelspine.decision.verdict == "allow" with input as steering("pause", ["risk"])
	modelspine.decision.verdict == "allow" with input as steering("pause", ["release"])
	modelspine.decision.verdict == "deny" with input as steering("pause", ["support"])
}

test_lets_anybody_abort if {
	modelspine.decision.verdict == "allow" with input as steering("abort", [])
}

test_lets_release_delete_and_only_an_admin_force_it if {
	modelspine.decision.verdict == "allow" with input as deleting(false, ["release"])
	rules_of(modelspine.decision.findings) == {"deleting"} with input as deleting(false, [])
	rules_of(modelspine.decision.findings) == {"forcing"} with input as deleting(true, ["release"])
	modelspine.decision.verdict == "allow" with input as deleting(true, ["release", "admin"])
}

test_has_nothing_to_say_of_other_actions if {
	modelspine.decision.verdict == "not-applicable" with input as change("train", [], {})
}
