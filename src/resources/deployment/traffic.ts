/**
 * What a revision at a target gets of the requests. Today's strategies write weights only, and the router follows
 * only weights. The other two forms are kept for strategies to come, so that a status can hold them.
 */
export type TrafficEntry = { readonly revision: string; readonly target: string } & (
  | {
      /** In percent of the requests that no `match` takes. */
      readonly weight: number
    }
  | {
      /** In percent of the requests, whose copies go there. The caller never sees an answer to a copy. */
      readonly mirror: number
    }
  | {
      /** The headers that a request has to have, by lower-case name. */
      readonly match: Readonly<Record<string, string>>
    }
)
