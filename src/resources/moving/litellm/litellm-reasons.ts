import type { JsonRecord } from '../../../json.ts'
import { type FieldPath, valueAt } from '../../problems/field-path.ts'
import { nearestName } from '../../problems/nearest-name.ts'
import type { Reason } from '../ledger.ts'
import { reasonIn } from '../reason-table.ts'
import { wrongType } from '../wrong-type.ts'
import { connectionFields } from './provider-of.ts'

const prices: Reason = [
  'prices stand beside the routes',
  'Write priceTable({ prices }), by provider and model, and give it to createRouter({ prices }). See docs/cost.md.',
]
const budgets: Reason = [
  'no budgets ship; the router has a place for them',
  'Give createRouter({ layers: { budgets } }).',
]
const parameters: Reason = [
  'a route sends each request as its caller wrote it',
  'Set the parameter where the request is made, or in a guardrail of your own.',
]
const limits: Reason = [
  'a route has no limit for each minute',
  'maxInFlight bounds the requests under way; a layer of budgets of your own may count.',
]
const rests: Reason = [
  'a route has no rests of its own; the strategy of the router has them',
  'Write restingStrategy(weightedStrategy(Math.random), { failures, restMs }). It counts failures in a row.',
]
const retries: Reason = [
  'what is asked after a failure depends on its code, and a route never calls the same backend twice',
  'See the table of failures in docs/routing.md.',
]
const telemetry: Reason = [
  'observers of the router and OpenTelemetry take the place of callbacks',
  'Give createRouter its observers. See docs/telemetry.md.',
]
const cache: Reason = [
  'no cache ships; the router has a place for one',
  'Give createRouter({ layers: { cache } }).',
]
const stores: Reason = [
  'routers share no counters with each other; each process counts its own',
  'A plane keeps its state in a store, such as sqliteStore.',
]
const callers: Reason = [
  'who may ask is decided by the gateway and by policies',
  'Give createGateway({ authenticate: apiKeys(…) }), and write a policy for the action invoke.',
]
const parallel: Reason = [
  'LiteLLM lets the next request wait; a full route refuses it with overloaded',
  'Write maxInFlight of the route, or maxInFlightPerUpstream of createRouter.',
]
const guardrails: Reason = [
  'no guardrails ship; the router has places for them',
  'Give createRouter({ layers }) yours.',
]
const choice: Reason = [
  'the strategy belongs to the router, not to a route',
  'Give createRouter({ strategy }). One of your own can read latency and calls under way of each upstream.',
]
const tags: Reason = ['a route does not choose by tags', 'Give each tag a route, and let the app ask it.']
const preCallChecks: Reason = [
  'nothing counts a prompt before it is sent; a prompt that is too long is told by the vendor, and other models are asked',
]
const proxy: Reason = ["a setting of LiteLLM's server, which an app that imports the router does not have"]

const params = 'model_list[].litellm_params'

/** What of a config of LiteLLM no route says, and what takes its place. */
const table: Readonly<Record<string, Reason>> = {
  'model_list[].*': ['the deployment has no such field'],
  'model_list[].rpm': limits,
  'model_list[].tpm': limits,
  [`${params}.*`]: parameters,
  [`${params}.order`]: ['its deployment is in no route'],
  [`${params}.model`]: ['its deployment is in no route'],
  [`${params}.rpm`]: limits,
  [`${params}.tpm`]: limits,
  [`${params}.itpm`]: limits,
  [`${params}.otpm`]: limits,
  [`${params}.max_parallel_requests`]: parallel,
  [`${params}.cooldown_time`]: rests,
  [`${params}.num_retries`]: retries,
  [`${params}.max_retries`]: retries,
  [`${params}.tags`]: tags,
  [`${params}.tag_regex`]: tags,
  [`${params}.input_cost_per_token`]: prices,
  [`${params}.output_cost_per_token`]: prices,
  [`${params}.input_cost_per_second`]: prices,
  [`${params}.output_cost_per_second`]: prices,
  [`${params}.max_budget`]: budgets,
  [`${params}.budget_duration`]: budgets,
  [`${params}.drop_params`]: [
    'nothing is dropped in silence: what a vendor cannot be told is refused by its name',
    'Leave the parameter out where the request is made.',
  ],
  [`${params}.extra_headers`]: [
    'headers belong to the provider',
    'Give them to the provider as its option headers.',
  ],
  [`${params}.organization`]: [
    'one provider asks for one organization',
    'Make a provider for each, and name all in backends.',
  ],
  [`${params}.region_name`]: ['a route does not choose by region', 'Write a route for each region.'],
  [`${params}.litellm_credential_name`]: ['its deployment is in no route'],
  [`${params}.mock_response`]: ['for tests only', 'Use memoryProvider in tests.'],
  'model_list[].model_info.*': ["a note of LiteLLM's about the model"],
  'model_list[].model_info.mode': ['its deployment is in no route'],
  'model_list[].model_info.id': ['upstreams are named by their provider and model'],
  'model_list[].model_info.access_groups': callers,
  'model_list[].model_info.supported_environments': [
    'a route is in every environment that it is applied to',
    'Keep a folder of resources for each environment.',
  ],
  'model_list[].model_info.input_cost_per_token': prices,
  'model_list[].model_info.output_cost_per_token': prices,
  'model_list[].model_info.base_model': prices,
  'credential_list[].*': ["a credential's name and notes are not needed where the provider is made"],
  'credential_list[].credential_values.*': [
    'no model of a route uses it',
    'Keep it in a secret store if something else does.',
  ],
  'router_settings.*': ['a route and its router have no such setting'],
  'router_settings.routing_strategy': choice,
  'router_settings.routing_strategy_args': choice,
  'router_settings.routing_groups': choice,
  'router_settings.allowed_fails': rests,
  'router_settings.cooldown_time': rests,
  'router_settings.disable_cooldowns': rests,
  'router_settings.allowed_fails_policy': rests,
  'router_settings.retry_policy': retries,
  'router_settings.model_group_retry_policy': retries,
  'router_settings.retry_after': retries,
  'router_settings.default_max_parallel_requests': parallel,
  'router_settings.enable_pre_call_checks': preCallChecks,
  'router_settings.enable_pre_call_check': preCallChecks,
  'router_settings.optional_pre_call_checks': [
    'no checks ship; the router has places for them',
    'Give createRouter({ layers }).',
  ],
  'router_settings.enable_tag_filtering': tags,
  'router_settings.tag_filtering_match_any': tags,
  'router_settings.provider_budget_config': budgets,
  'router_settings.cache_responses': cache,
  'router_settings.cache_kwargs': cache,
  'router_settings.caching_groups': cache,
  'router_settings.default_litellm_params': parameters,
  'router_settings.model_group_alias.*': ['an alias is a name like the others, and is listed like them'],
  'router_settings.redis_host': stores,
  'router_settings.redis_port': stores,
  'router_settings.redis_password': stores,
  'router_settings.redis_url': stores,
  'litellm_settings.*': proxy,
  'litellm_settings.request_timeout': ['another timeout goes before it'],
  'litellm_settings.routing_strategy': choice,
  'litellm_settings.allowed_fails': rests,
  'litellm_settings.cooldown_time': rests,
  'litellm_settings.drop_params': [
    'nothing is dropped in silence: what a vendor cannot be told is refused by its name',
    'Leave the parameter out where the request is made.',
  ],
  'litellm_settings.cache': cache,
  'litellm_settings.cache_params': cache,
  'litellm_settings.callbacks': telemetry,
  'litellm_settings.success_callback': telemetry,
  'litellm_settings.failure_callback': telemetry,
  'litellm_settings.service_callbacks': telemetry,
  'litellm_settings.json_logs': telemetry,
  'litellm_settings.set_verbose': telemetry,
  'litellm_settings.turn_off_message_logging': [
    'messages are in no log unless an observer of yours writes them',
  ],
  'litellm_settings.model_alias_map': [
    "an alias for LiteLLM's own names of models",
    'Write spec.names of the route.',
  ],
  'litellm_settings.max_budget': budgets,
  'litellm_settings.guardrails': guardrails,
  'litellm_settings.default_team_settings': callers,
  'general_settings.*': proxy,
  'general_settings.master_key': callers,
  'general_settings.max_budget': budgets,
  'general_settings.budget_duration': budgets,
  'litellm_settings.budget_duration': budgets,
  'litellm_settings.max_end_user_budget': budgets,
  'general_settings.custom_auth': callers,
  'general_settings.enable_jwt_auth': callers,
  'general_settings.litellm_jwtauth': callers,
  'general_settings.allowed_ips': callers,
  'general_settings.allowed_routes': callers,
  'general_settings.public_routes': callers,
  'general_settings.enforce_user_param': callers,
  'general_settings.max_parallel_requests': parallel,
  'general_settings.global_max_parallel_requests': parallel,
  'general_settings.max_request_size_mb': [
    'the gateway has the limit',
    'Give createGateway({ maxBodyBytes }).',
  ],
  'general_settings.completion_model': ['a request names its model', 'Write the name in the app.'],
  'general_settings.alerting': telemetry,
  'general_settings.database_url': stores,
  'general_settings.store_model_in_db': [
    "routes are resources in files or in a plane's store",
    'Bring the models of the database, too: this config does not have them.',
  ],
  environment_variables: [
    'variables are not set by resources',
    'Set them where the app runs. Secrets belong in a secret store.',
  ],
  include: ['other files are not read', 'Put their content into one config, and read that.'],
  guardrails,
  callback_settings: telemetry,
}

/** What the sections of a config hold. */
const sections: Readonly<Record<string, 'a list' | 'an object'>> = {
  model_list: 'a list',
  credential_list: 'a list',
  router_settings: 'an object',
  litellm_settings: 'an object',
  general_settings: 'an object',
  environment_variables: 'an object',
}

/** The names at the top of a config. */
const topNames = [...Object.keys(sections), 'include', 'guardrails', 'callback_settings']

function unknownReason(path: FieldPath): Reason {
  const near = path.length === 1 ? nearestName(String(path[0]), topNames) : undefined
  const reason = 'Modelspine has nothing of this name'
  return near === undefined ? [reason] : [reason, `Did you mean ${near}?`]
}

export function litellmReason(path: FieldPath, config: JsonRecord): Reason {
  const [section, place, field, parameter] = path
  const wanted = Object.hasOwn(sections, String(section)) ? sections[String(section)] : undefined
  const wrong = wanted && wrongType('LiteLLM', wanted, config[String(section)])
  if (wrong !== undefined) return wrong
  const isConnection = field === 'litellm_params' && connectionFields.has(String(parameter))
  if (section === 'model_list' && isConnection && typeof valueAt(config, path) === 'string')
    return ['its deployment is in no route']
  if (section === 'model_list' && field === 'model_name' && String(valueAt(config, path)).includes('*')) {
    return [
      'a route has exact names, and this is a wildcard',
      'Call it again with { models: [the names that clients send] }: each gets a route.',
    ]
  }
  if (section === 'model_list' && typeof place === 'number' && field === 'model_name')
    return ['its deployment is in no route']
  const values = section === 'router_settings' || section === 'litellm_settings'
  if (values && /fallbacks$/.test(String(path[1]))) {
    return [
      'the fallback is no name of a model',
      'Name a model of the config. Parameters belong in the request.',
    ]
  }
  return reasonIn(table, path) ?? (valueAt(config, path) === null ? ['it has no value'] : unknownReason(path))
}

/** Whether the fields of an object have reasons of their own. */
export function isLitellmSection(path: FieldPath): boolean {
  const [section, , field] = path
  if (section === 'model_list')
    return path.length < 3 || (path.length === 3 && (field === 'litellm_params' || field === 'model_info'))
  if (section === 'credential_list')
    return path.length < 3 || (path.length === 3 && field === 'credential_values')
  return path.length === 1 && /^(router|litellm|general)_settings$/.test(String(section))
}
