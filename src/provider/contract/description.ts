import type { TensorSpec } from '../../registry/contract.ts'

/** What an upstream says of one of its models. Each member is absent when it does not say. */
export interface ModelDescription {
  /** The upstream's word for what runs the model, such as `onnxruntime_onnx`. */
  readonly platform?: string
  readonly inputs?: readonly TensorSpec[]
  readonly outputs?: readonly TensorSpec[]
}
