import type { PolicyAction } from 'modelspine/adapter'
import { wrongOption } from '../wrong-option.ts'

const known = {
  deploy: true,
  promote: true,
  invoke: true,
  'query-data': true,
  command: true,
  delete: true,
} satisfies Readonly<Record<PolicyAction, true>>

export interface NamedActions {
  readonly name: string
  /** The actions that the policies have rules for. */
  readonly actions: readonly PolicyAction[]
}

/** Throws `invalid-options`. */
export function checkNamedActions({ name, actions }: NamedActions): void {
  if (name === '') throw wrongOption('name', 'is empty: give the engine a name')
  if (actions.length === 0) {
    throw wrongOption('actions', 'is empty: name the actions that the policies have rules for')
  }
  for (const [index, action] of actions.entries()) {
    if (!Object.hasOwn(known, action)) {
      throw wrongOption('actions', `has "${action}": write ${Object.keys(known).join(', ')}`)
    }
    if (actions.indexOf(action) < index) throw wrongOption('actions', `has ${action} twice: write it once`)
  }
}
