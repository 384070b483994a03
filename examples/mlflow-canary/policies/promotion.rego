# METADATA
# title: Promotions
# description: What a version must have before it gets any traffic. Modelspine asks for the document `decision`.
package modelspine

decision := {"verdict": verdict, "findings": findings}

default verdict := "deny"

verdict := "allow" if {
	input.action == "promote"
	input.model
	count(findings) == 0
}

name := sprintf("%s:%s", [input.model.name, input.model.version])

findings contains finding if {
	input.model.approval != "approved"
	finding := {
		"rule": "approved",
		"level": "hard",
		"message": sprintf("%s is %s in MLflow, not approved", [name, input.model.approval]),
	}
}

reviewed if input.model.tags.reviewed_by != input.model.owner

findings contains finding if {
	input.model
	not reviewed
	finding := {
		"rule": "four-eyes",
		"level": "hard",
		"message": sprintf("nobody but its owner %s has reviewed %s", [object.get(input.model, "owner", "unknown"), name]),
	}
}

accurate if input.model.metrics.accuracy >= data.limits.accuracy

findings contains finding if {
	input.model
	not accurate
	finding := {
		"rule": "evaluation",
		"level": "hard",
		"message": sprintf("%s has no accuracy of at least %v", [name, data.limits.accuracy]),
	}
}

allowed if input.model.classification in data.classifications[input.deployment.spec.target.name]

findings contains finding if {
	input.model
	not allowed
	finding := {
		"rule": "classification",
		"level": "hard",
		"message": sprintf("%s was trained on data that may not be served at %s", [name, input.deployment.spec.target.name]),
	}
}
