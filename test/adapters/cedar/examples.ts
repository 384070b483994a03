export const exampleFolder = 'examples/policies/cedar'
