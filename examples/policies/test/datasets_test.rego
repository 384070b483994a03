package datasets_test

import data.modelspine

request(role, dataset) := {
	"version": 1,
	"action": "query-data",
	"actor": {"name": "ana", "roles": [role]},
	"deployment": "default/churn",
	"dataset": dataset,
}

test_lets_readers_read if {
	modelspine.decision == {"verdict": "allow", "findings": set(), "obligations": set()} with input as request("risk", "customers")
}

test_denies_others if {
	modelspine.decision.verdict == "deny" with input as request("support", "customers")
}

test_denies_a_data_set_that_nobody_listed if {
	modelspine.decision.findings == {{
		"rule": "readers",
		"level": "hard",
		"message": "ana may not read payroll",
	}} with input as request("risk", "payroll")
}

test_redacts_embeddings if {
	modelspine.decision.verdict == "allow" with input as request("support", "embeddings/support")
	modelspine.decision.obligations == {{
		"kind": "redact",
		"entities": ["email", "phone"],
	}} with input as request("support", "embeddings/support")
}
