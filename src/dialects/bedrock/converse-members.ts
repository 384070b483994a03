/** What the members of an object say. Undefined takes a member away. */
export type MemberEdits = Readonly<Record<string, unknown>>

/** What fields say in the members of the body that are objects. */
export interface ConverseMembers {
  readonly inferenceConfig?: MemberEdits
  readonly toolConfig?: MemberEdits
  readonly outputConfig?: MemberEdits
  readonly additionalModelRequestFields?: MemberEdits
}

export const objectMembers = [
  'inferenceConfig',
  'toolConfig',
  'outputConfig',
  'additionalModelRequestFields',
] as const
