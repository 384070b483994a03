import type { OperationName } from '../../route/model-route.ts'
import type { Ledger } from '../ledger.ts'
import type { GroupMember } from './directory.ts'

const operations: Readonly<Record<string, OperationName>> = {
  chat: 'chat',
  completion: 'chat',
  responses: 'chat',
  embedding: 'embed',
}

/** What a deployment can be asked; undefined for what a route has no operation for. */
export function operationOf({ deployment: { mode, group }, model }: GroupMember): OperationName | undefined {
  if (mode !== undefined) return Object.hasOwn(operations, mode) ? operations[mode] : undefined
  return /embed/i.test(`${group} ${model}`) ? 'embed' : 'chat'
}

/** The deployments that a route can ask. The others are left. */
export function askable(members: readonly GroupMember[], ledger: Ledger): readonly GroupMember[] {
  return members.filter((member) => {
    if (operationOf(member) !== undefined) return true
    ledger.leave(member.deployment.path, [
      'routes have no operation for the mode of this model',
      'Write an operation of your own, or call the vendor beside the router.',
    ])
    return false
  })
}
