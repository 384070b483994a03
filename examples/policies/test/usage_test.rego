package usage_test

import data.modelspine

request(role, operation) := {
	"version": 1,
	"action": "invoke",
	"actor": {"name": "app", "roles": [role]},
	"route": "default/churn",
	"operation": operation,
	"requestId": "r-1",
}

test_caps_the_output_of_chats if {
	modelspine.decision == {
		"verdict": "allow",
		"findings": set(),
		"obligations": {{"kind": "cap-tokens", "maxOutputTokens": 1024}},
	} with input as request("model-caller", "chat")
}

test_sets_no_condition_for_tensors if {
	modelspine.decision == {"verdict": "allow", "findings": set(), "obligations": set()} with input as request("model-caller", "infer")
}

test_guards_guests if {
	modelspine.decision.obligations == {
		{"kind": "cap-tokens", "maxOutputTokens": 1024},
		{"kind": "guardrail", "name": "prompt-injection"},
	} with input as request("guest", "chat")
}

test_denies_others if {
	modelspine.decision.verdict == "deny" with input as request("nobody", "chat")
}
