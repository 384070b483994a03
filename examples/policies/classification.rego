# METADATA
# title: Classifications
# description: Where models of a classification may run.
package rules.classification

covers if input.action == "promote"

findings contains finding if {
	covers
	targets := data.settings.classifications[input.model.classification]
	target := input.deployment.spec.target.name
	not target in targets
	finding := {
		"rule": "classification",
		"level": "hard",
		"message": sprintf("a model with %s may not run at %s", [input.model.classification, target]),
	}
}
