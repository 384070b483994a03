/** Names that mean something to an address, a query or a filter, and that MLflow takes for a model. */
export const oddNames: readonly string[] = [
  "it's",
  'a"b',
  `a'b"c`,
  'a b',
  'ünï',
  'a?b&c=d',
  'a%b',
  'a_b',
  'a\nb',
  "x' OR name != 'y",
]
