/**
 * An operation is what callers ask of models: a chat, an embedding, a prediction. The router knows an operation
 * only by its descriptor. So a new operation is a new descriptor, and no change of the router.
 */

import type { CallContext, InferReply, ModelProvider, Usage } from '../../provider/contract.ts'
import type { OperationName } from '../../resources/route/model-route.ts'

/**
 * `Request` is the request without the model, because the router chooses the model. A request may hold anything
 * that its provider can send, such as the parts of a form.
 */
export interface Operation<Request, Reply = never, Piece = never> {
  /** Routes list it, and providers declare it. A name of your own has a dot: `acme.rerank`. */
  readonly name: OperationName
  /**
   * Sends the request to a model as one call. Returns undefined when the provider has no method for it; then
   * another upstream is asked.
   */
  send?(
    provider: ModelProvider,
    request: Request,
    model: string,
    context: CallContext,
  ): Promise<Reply> | undefined
  /** Notes what the reply tells of itself. */
  note?(reply: Reply, notes: ReplyNotes): void
  /** The reply as a prediction, if labels can be joined to it. */
  prediction?(reply: Reply): InferReply
  /** How the operation is streamed. Without it, the operation has only whole replies. */
  readonly stream?: StreamedOperation<Request, Piece>
  /**
   * The same request, but it asks for at most so many output tokens. Called when the policy caps them, and again
   * for each attempt, with its provider, because only that one knows all fields that its vendor reads. Without it,
   * a policy that caps the tokens denies the request.
   */
  capTokens?(request: Request, maxOutputTokens: number, provider?: ModelProvider): Request
  /** About how many tokens the request holds. For strategies and budgets; called only when one asks. */
  estimateTokens?(request: Request): number
  /** What an upstream must be able to do for this request, such as `tools`. For strategies. */
  needs?(request: Request): readonly string[]
  /** Whether the request can be sent again, after a failed call. Default: it can. */
  isRepeatable?(request: Request): boolean
}

export interface StreamedOperation<Request, Piece> {
  /**
   * Sends the request to a model as one call. A piece is what arrives together: some events, some bytes. Asked
   * only of providers that declare `streaming`. Returns undefined when the provider has no method for it.
   */
  send(
    provider: ModelProvider,
    request: Request,
    model: string,
    context: CallContext,
  ): AsyncIterable<Piece> | undefined
  /**
   * Notes what a piece tells: output, the end, usage. Called once for each piece, in order, before the caller
   * gets it.
   */
  note(piece: Piece, notes: StreamNotes, request: Request): void
  /**
   * `marked`: a stream is complete only after a piece for which `isComplete` was noted, so that a cut stream
   * never looks complete. `transport`: it is complete when the provider's stream ends without an error.
   */
  readonly end: 'marked' | 'transport'
}

/** What is known of a reply. It starts empty for each attempt, and the operation fills it in. */
export interface ReplyNotes {
  usage: Usage
  /** The vendor's id of the reply. */
  replyId: string | undefined
  /** The vendor's name for the model that answered. */
  replyModel: string | undefined
  /** One for each choice that has finished. */
  finishReasons: readonly string[] | undefined
}

export interface StreamNotes extends ReplyNotes {
  /** Something came that the caller shows or uses. From then on no other upstream is asked. */
  hasOutput: boolean
  isComplete: boolean
  /** How much text has come. The usage of a stream that is cut is estimated by it. */
  outputCharacters: number
  /** The answers that have begun and not finished, by number. For operations that can have several. */
  readonly open: Set<number>
}
