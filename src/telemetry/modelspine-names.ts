/** Names of our own attributes and metrics, beside those of the conventions. */
export const attributeNames = {
  route: 'modelspine.route',
  deployment: 'modelspine.deployment',
  revision: 'modelspine.revision',
  requestId: 'modelspine.request.id',
  attempts: 'modelspine.attempts',
  result: 'modelspine.result',
  phase: 'modelspine.phase',
  previousPhase: 'modelspine.previous_phase',
  policy: 'modelspine.policy',
  action: 'modelspine.action',
  verdict: 'modelspine.verdict',
  effect: 'modelspine.effect',
  errorType: 'error.type',
} as const

export const metricNames = {
  attemptDuration: 'modelspine.attempt.duration',
  reconcileDuration: 'modelspine.reconcile.duration',
  queueDepth: 'modelspine.queue.depth',
  phaseChanges: 'modelspine.rollout.phase_changes',
  deployments: 'modelspine.rollout.deployments',
  decisions: 'modelspine.policy.decisions',
  effects: 'modelspine.effects',
} as const

/** The event of a failed attempt, on its request's span. */
export const attemptEvent = 'modelspine.attempt'
