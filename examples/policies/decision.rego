# METADATA
# title: The decision on a request
# description: |
#   Joins what the rules of each area say. A finding that is not advisory denies. Otherwise a request that an area
#   covers is allowed, on condition of its obligations. Modelspine asks for this document.
package modelspine

decision := {
	"verdict": verdict,
	"findings": findings,
	"obligations": obligations,
}

default verdict := "not-applicable"

verdict := "deny" if denied

verdict := "allow" if {
	not denied
	covered
}

denied if {
	some finding in findings
	finding.level != "advisory"
}

covered if {
	some area
	data.rules[area].covers
}

findings contains finding if {
	some area
	some finding in data.rules[area].findings
}

obligations contains obligation if {
	some area
	some obligation in data.rules[area].obligations
}
