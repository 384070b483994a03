import type { ModelRouteInput } from '../route/model-route.ts'

/** What became of another gateway's config. Every field of the config is in `carried` or in `left`, or in both. */
export interface Moved {
  /** Ready for `plane.apply`, `staticRoutes` and `defineRoute`. */
  readonly routes: readonly ModelRouteInput[]
  /** What the app has to make, so that the providers that the routes name exist. */
  readonly providers: readonly MovedProvider[]
  /** What went into the routes and providers, in the order of the config. */
  readonly carried: readonly CarriedField[]
  /** What did not, or not with the same meaning, in the order of the config. */
  readonly left: readonly LeftField[]
}

/** One provider of the app: a vendor's account at one address. */
export interface MovedProvider {
  /** The name that the routes use. */
  readonly name: string
  /** The vendor in the config's own word, such as `together_ai`. Absent when the config does not tell it. */
  readonly vendor?: string
  /** The adapter to make it with: `bedrock` is `modelspine/adapters/bedrock`. Absent when no adapter speaks to it. */
  readonly adapter?: string
  /** The address, or `env:NAME` where the config takes it from a variable. Absent for the vendor's own. */
  readonly baseUrl?: string
  /** What stood before the names of models and was taken away, such as `groq/`. */
  readonly modelPrefix?: string
  /** By the option's name, a reference for a secret store, such as `env:OPENAI_API_KEY`. Never a secret itself. */
  readonly secrets: Readonly<Record<string, string>>
  /** Further options that are no secrets, such as `region`; or `env:NAME` where the config takes one from a variable. */
  readonly settings: Readonly<Record<string, string>>
  /** The places of the config that made it. Empty text for the config as a whole. */
  readonly paths: readonly string[]
}

export interface CarriedField {
  /** The field of the config, such as `model_list[0].litellm_params.weight`. */
  readonly path: string
  /** Where it went: a field of this result, such as `routes[0].spec.backends[0].weight`. */
  readonly to: string
}

export interface LeftField {
  /** The field of the config. What is below it is left, too, unless `carried` names it. */
  readonly path: string
  /** Counted from 1. Only when the config was a text. */
  readonly line?: number
  /** Counted from 1. */
  readonly column?: number
  /** The value, if it can be no secret: a number, a truth value, a name of a model. A possible secret is `[secret]`. */
  readonly value?: string
  /** Why it is left, or what differs. */
  readonly reason: string
  /** What to write or do in its place. */
  readonly instead?: string
}

export interface MovingOptions {
  /** The text's name in problems and places. A text whose name ends in `.json` must hold JSON. */
  readonly file?: string
  /**
   * The model names that clients send today. A route has no wildcards, so each of these that only a wildcard, or only
   * the request itself, names gets a route of its own.
   */
  readonly models?: readonly string[]
}

/** A config of Portkey has no name of its own. */
export interface PortkeyMovingOptions extends MovingOptions {
  /** The name of the route, a DNS label. Default `portkey`. */
  readonly name?: string
}
