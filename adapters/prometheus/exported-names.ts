/**
 * The names under which Prometheus knows our metrics and their labels. They are what OpenTelemetry's exporters
 * make of our instruments: other characters become `_`, and the unit is appended. So the same queries fit both.
 */

export const exportedMetrics = {
  requestDuration: 'gen_ai_client_operation_duration_seconds',
  firstChunk: 'gen_ai_client_operation_time_to_first_chunk_seconds',
  tokens: 'gen_ai_client_token_usage',
  attemptDuration: 'modelspine_attempt_duration_seconds',
  cost: 'modelspine_cost_usd_total',
  unknownCosts: 'modelspine_cost_unknown_total',
  reconcileDuration: 'modelspine_reconcile_duration_seconds',
  queueDepth: 'modelspine_queue_depth',
  phaseChanges: 'modelspine_rollout_phase_changes_total',
  deployments: 'modelspine_rollout_deployments',
  decisions: 'modelspine_policy_decisions_total',
  effects: 'modelspine_effects_total',
  signals: 'modelspine_feedback_signals_total',
} as const

export const exportedLabels = {
  operation: 'gen_ai_operation_name',
  provider: 'gen_ai_provider_name',
  requestModel: 'gen_ai_request_model',
  tokenType: 'gen_ai_token_type',
  route: 'modelspine_route',
  model: 'modelspine_model',
  actor: 'modelspine_actor',
  costEstimated: 'modelspine_cost_estimated',
  deployment: 'modelspine_deployment',
  revision: 'modelspine_revision',
  result: 'modelspine_result',
  phase: 'modelspine_phase',
  previousPhase: 'modelspine_previous_phase',
  policy: 'modelspine_policy',
  action: 'modelspine_action',
  verdict: 'modelspine_verdict',
  effect: 'modelspine_effect',
  signal: 'modelspine_signal',
  errorType: 'error_type',
} as const

/** Beside a histogram: the sum of the squares of all that was observed. OpenTelemetry has no such metric. */
export function squaresOf(histogram: string): string {
  return `${histogram}_squares_total`
}
