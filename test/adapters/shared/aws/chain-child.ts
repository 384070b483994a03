/** Prints what the chain of credentials gives in this process, or the failure. Its argument is the option. */
import { registerHooks } from 'node:module'
import { isModelspineError } from 'modelspine/adapter'
import { awsCredentials } from '../../../../adapters/shared/aws/aws-credentials.ts'

const library = '@aws-sdk/credential-provider-node'

// Node itself says what it says of a package that is not there.
if (process.env.WITHOUT_LIBRARY !== undefined) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === library ? '@aws-sdk/not-there' : specifier, context),
  })
}

const source = awsCredentials(JSON.parse(process.argv[2] ?? '"default"'), {
  vendor: 'SageMaker',
  unavailable: 'target-unavailable',
  owner: 'sagemakerTarget',
  region: 'eu-west-1',
})
try {
  const found = await source.current({ timeoutMs: 20_000, abortSignal: undefined })
  const { accessKeyId: id, secretAccessKey, sessionToken } = found
  console.log(JSON.stringify({ id, secret: secretAccessKey.reveal(), token: sessionToken?.reveal() }))
} catch (error) {
  if (!isModelspineError(error)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
