# METADATA
# title: Data sets
# description: Who may let a model read a data set, and what must be removed from embeddings.
package rules.datasets

covers if input.action == "query-data"

may_read if {
	some role in data.settings.datasets[input.dataset]
	role in input.actor.roles
}

findings contains finding if {
	covers
	not may_read
	finding := {
		"rule": "readers",
		"level": "hard",
		"message": sprintf("%s may not read %s", [input.actor.name, input.dataset]),
	}
}

obligations contains obligation if {
	covers
	startswith(input.dataset, "embeddings/")
	obligation := {"kind": "redact", "entities": ["email", "phone"]}
}
