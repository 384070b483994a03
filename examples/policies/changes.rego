# METADATA
# title: Changes
# description: Who may declare, steer and delete, and what a declaration must have.
package rules.changes

covers if input.action in {"deploy", "command", "delete"}

is_release if "release" in input.actor.roles

findings contains finding if {
	input.action == "deploy"
	not input.resource.metadata.labels.team
	finding := {
		"rule": "has-team",
		"level": "hard",
		"message": sprintf("%s has no label team", [input.resource.metadata.name]),
	}
}

findings contains finding if {
	input.action == "deploy"
	input.previous.metadata.labels.protected == "true"
	not is_release
	finding := {
		"rule": "protected",
		"level": "hard",
		"message": sprintf("%s is protected: only the role release may change it", [input.resource.metadata.name]),
	}
}

findings contains finding if {
	input.action == "deploy"
	names := [name | some name in input.resource.spec.runtime.env; sounds_secret(name)]
	count(names) > 0
	finding := {
		"rule": "secrets-in-env",
		"level": "advisory",
		"message": sprintf("%s may be secrets: write them in runtime.secrets", [concat(", ", names)]),
	}
}

# Anybody may abort.
findings contains finding if {
	input.action == "command"
	input.command != "abort"
	not may_steer
	finding := {
		"rule": "steering",
		"level": "hard",
		"message": sprintf("%s may not %s", [input.actor.name, input.command]),
	}
}

findings contains finding if {
	input.action == "delete"
	not is_release
	finding := {
		"rule": "deleting",
		"level": "hard",
		"message": sprintf("%s may not delete", [input.actor.name]),
	}
}

findings contains finding if {
	input.action == "delete"
	input.force
	not "admin" in input.actor.roles
	finding := {
		"rule": "forcing",
		"level": "hard",
		"message": "only the role admin may give up what a target still holds",
	}
}

may_steer if is_release

may_steer if input.deployment.metadata.labels.team in input.actor.roles

sounds_secret(name) if {
	some word in ["KEY", "PASSWORD", "SECRET", "TOKEN"]
	endswith(name, word)
}
