package promotion_test

import data.modelspine

request := {
	"version": 1,
	"action": "promote",
	"actor": {"name": "ana", "roles": ["risk"]},
	"deployment": {
		"kind": "ModelDeployment",
		"metadata": {"name": "churn", "namespace": "default", "labels": {"team": "risk"}},
		"spec": {"target": {"name": "prod", "settings": {}}},
	},
	"revision": {"name": "0123456789", "model": {"registry": "mlflow", "name": "churn", "version": "2"}},
	"model": {
		"registry": "mlflow",
		"name": "churn",
		"version": "2",
		"approval": "approved",
		"lineage": {"run": "r-17"},
		"metrics": {"accuracy": 0.93, "error_rate": 0.02},
	},
	"weight": 5,
	"approvals": [],
}

with_change(path, value) := json.patch(request, [{"op": "add", "path": path, "value": value}])

without(path) := json.remove(request, [path])

test_allows_an_approved_model_of_the_team if {
	modelspine.decision == {"verdict": "allow", "findings": set(), "obligations": set()} with input as request
}

test_allows_the_role_release_everywhere if {
	modelspine.decision.verdict == "allow" with input as with_change("/actor/roles", ["release"])
}

test_denies_others if {
	changed := with_change("/actor/roles", ["support"])
	modelspine.decision.verdict == "deny" with input as changed
	rules_of(modelspine.decision.findings) == {"may-promote"} with input as changed
}

test_denies_what_its_registry_did_not_approve if {
	changed := with_change("/model/approval", "pending")
	rules_of(modelspine.decision.findings) == {"approved-models-only"} with input as changed
}

test_denies_when_the_registry_cannot_be_reached if {
	changed := without("/model")
	modelspine.decision.verdict == "deny" with input as changed
	rules_of(modelspine.decision.findings) == {"approved-models-only", "evaluation", "has-lineage"} with input as changed
}

test_denies_what_measured_too_little_or_too_much if {
	changed := with_change("/model/metrics", {"accuracy": 0.81, "error_rate": 0.2})
	some finding in modelspine.decision.findings with input as changed
	finding.message == "accuracy is 0.81 and must be at least 0.9; error_rate is 0.2 and must be at most 0.05"
}

test_denies_what_was_not_measured if {
	changed := without("/model/metrics/error_rate")
	some finding in modelspine.decision.findings with input as changed
	finding == {"rule": "evaluation", "level": "hard", "message": "error_rate was not measured"}
}

test_lets_an_approver_override_missing_lineage if {
	changed := without("/model/lineage")
	some finding in modelspine.decision.findings with input as changed
	finding.level == "soft"
}

test_asks_risk_for_all_traffic if {
	modelspine.decision.obligations == {{"kind": "approval", "by": ["risk"], "notAuthor": true}} with input as with_change("/weight", 100)
}

test_keeps_personal_data_in_its_place if {
	pii := with_change("/model/classification", "pii")
	rules_of(modelspine.decision.findings) == {"classification"} with input as pii
	at_home := json.patch(pii, [{"op": "replace", "path": "/deployment/spec/target/name", "value": "eu"}])
	modelspine.decision.verdict == "allow" with input as at_home
	public := with_change("/model/classification", "public")
	modelspine.decision.verdict == "allow" with input as public
}

rules_of(findings) := {finding.rule | some finding in findings}
