export type InferRequest = {
  /** The model's name at the upstream. The router fills it in. */
  readonly model: string
  readonly version?: string
} & InferPayload

export type InferPayload =
  | {
      readonly kind: 'tensors'
      readonly id?: string
      readonly inputs: readonly Tensor[]
      /** The outputs that are wanted, by name. Without them, all. */
      readonly outputs?: readonly (string | RequestedOutput)[]
      readonly parameters?: Readonly<Record<string, unknown>>
    }
  /**
   * The bytes are passed on unchanged. `headers` are the headers that the protocol itself needs, such as
   * `inference-header-content-length`.
   */
  | {
      readonly kind: 'bytes'
      readonly contentType: string
      readonly bytes: Uint8Array
      readonly headers?: Readonly<Record<string, string>>
    }

/** An output, with what the upstream is told of it: `binary_data`, `classification` … */
export interface RequestedOutput {
  readonly name: string
  readonly parameters?: Readonly<Record<string, unknown>>
}

export interface Tensor {
  readonly name: string
  /** Open Inference names: BOOL, UINT8, INT64, FP32, BYTES … */
  readonly datatype: string
  readonly shape: readonly number[]
  /**
   * The values, flat, in the order of the rows. `tensor-values.ts` says what a value of each datatype is. A whole number
   * beyond 2^53 is a bigint, and a value of BYTES that is no text is a Uint8Array; JSON cannot say either.
   */
  readonly data: readonly unknown[]
  /** What is said of the tensor beside its values, such as MLServer's `content_type`. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** The reply has the same form as the request: tensors answer tensors, bytes answer bytes. */
export type InferReply =
  | {
      readonly kind: 'tensors'
      readonly id?: string
      readonly model?: string
      readonly version?: string
      readonly outputs: readonly Tensor[]
      readonly parameters?: Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'bytes'
      readonly contentType: string
      readonly bytes: Uint8Array
      readonly headers?: Readonly<Record<string, string>>
    }
