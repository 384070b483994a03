# METADATA
# title: Promotions
# description: Who may give traffic to a revision, and what the revision must have shown.
package rules.promotion

covers if input.action == "promote"

may_promote if "release" in input.actor.roles

may_promote if input.deployment.metadata.labels.team in input.actor.roles

approval := object.get(input, ["model", "approval"], "unknown")

metrics := object.get(input, ["model", "metrics"], {})

findings contains finding if {
	covers
	not may_promote
	finding := {
		"rule": "may-promote",
		"level": "hard",
		"message": sprintf("%s has neither the role release nor that of the team", [input.actor.name]),
	}
}

findings contains finding if {
	covers
	approval != "approved"
	finding := {
		"rule": "approved-models-only",
		"level": "hard",
		"message": sprintf("%s is %s in its registry", [input.revision.model.name, approval]),
	}
}

findings contains finding if {
	covers
	count(shortcomings) > 0
	finding := {
		"rule": "evaluation",
		"level": "hard",
		"message": concat("; ", sort(shortcomings)),
	}
}

findings contains finding if {
	covers
	not input.model.lineage.run
	finding := {
		"rule": "has-lineage",
		"level": "soft",
		"message": "nobody knows which run trained it",
	}
}

# A function of something undefined is undefined, and so is its negation. So what was measured is a set.
measured contains metric if {
	some metric, value in metrics
	is_number(value)
}

# All traffic needs somebody from risk who did not ask for it.
obligations contains obligation if {
	covers
	input.weight == 100
	obligation := {"kind": "approval", "by": ["risk"], "notAuthor": true}
}

shortcomings contains sprintf("%s was not measured", [metric]) if {
	some metric, _ in data.settings.evaluation
	not metric in measured
}

shortcomings contains sprintf("%s is %v and must be at least %v", [metric, metrics[metric], limit.atLeast]) if {
	some metric, limit in data.settings.evaluation
	metrics[metric] < limit.atLeast
}

shortcomings contains sprintf("%s is %v and must be at most %v", [metric, metrics[metric], limit.atMost]) if {
	some metric, limit in data.settings.evaluation
	metrics[metric] > limit.atMost
}
