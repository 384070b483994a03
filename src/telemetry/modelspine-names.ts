/** The names of our own attributes and metrics, in addition to the names in the conventions. */
export const attributeNames = {
  route: 'modelspine.route',
  deployment: 'modelspine.deployment',
  revision: 'modelspine.revision',
  requestId: 'modelspine.request.id',
  callerId: 'modelspine.request.caller_id',
  attempts: 'modelspine.attempts',
  model: 'modelspine.model',
  actor: 'modelspine.actor',
  costUsd: 'modelspine.cost.usd',
  costUnknown: 'modelspine.cost.unknown',
  costEstimated: 'modelspine.cost.estimated',
  result: 'modelspine.result',
  phase: 'modelspine.phase',
  previousPhase: 'modelspine.previous_phase',
  policy: 'modelspine.policy',
  action: 'modelspine.action',
  verdict: 'modelspine.verdict',
  effect: 'modelspine.effect',
  signal: 'modelspine.signal',
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
} as const

export const metricNames = {
  attemptDuration: 'modelspine.attempt.duration',
  cost: 'modelspine.cost.usd',
  unknownCosts: 'modelspine.cost.unknown',
  reconcileDuration: 'modelspine.reconcile.duration',
  queueDepth: 'modelspine.queue.depth',
  phaseChanges: 'modelspine.rollout.phase_changes',
  deployments: 'modelspine.rollout.deployments',
  decisions: 'modelspine.policy.decisions',
  effects: 'modelspine.effects',
  signals: 'modelspine.feedback.signals',
} as const

/** In seconds. The range goes from a check of a converged deployment to a slow vendor. */
export const reconcileBuckets: number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

/** The name of the event that a failed attempt adds to the span of its request. */
export const attemptEvent = 'modelspine.attempt'
