# METADATA
# title: Usage
# description: Who may call models, and under which conditions.
package rules.usage

covers if input.action == "invoke"

is_guest if "guest" in input.actor.roles

may_call if "model-caller" in input.actor.roles

may_call if is_guest

findings contains finding if {
	covers
	not may_call
	finding := {
		"rule": "callers",
		"level": "hard",
		"message": sprintf("%s may call no model", [input.actor.name]),
	}
}

obligations contains {"kind": "cap-tokens", "maxOutputTokens": 1024} if {
	covers
	input.operation == "chat"
}

# Refused until a part of Modelspine can wrap requests with a guardrail.
obligations contains {"kind": "guardrail", "name": "prompt-injection"} if {
	covers
	is_guest
}
