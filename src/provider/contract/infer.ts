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
      readonly outputs?: readonly string[]
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

export interface Tensor {
  readonly name: string
  /** Open Inference names: BOOL, UINT8, INT64, FP32, BYTES … */
  readonly datatype: string
  readonly shape: readonly number[]
  readonly data: readonly unknown[]
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
