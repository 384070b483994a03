/** Prints what happens to a policy in a process where the library is not installed. */
import { registerHooks } from 'node:module'
import { bundleFile } from './scripted-opa.ts'

// Node itself says what it says of a package that is not there.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === '@open-policy-agent/opa-wasm' ? '@open-policy-agent/not-there' : specifier, context),
})

const { opaWasmPolicy } = await import('modelspine/adapters/opa')
const { policyRequests } = await import('modelspine/testing')
const engine = opaWasmPolicy({ actions: ['invoke'], policy: bundleFile })
const code: unknown = await engine.load().catch((error: { readonly code?: unknown }) => error.code)
const { verdict, findings } = await engine.decide(policyRequests.invoke())
console.log(JSON.stringify({ code, verdict, messages: findings.map(({ message }) => message) }))
