import { join } from 'node:path'
import { cached, filledFolder, installation } from '../../servers/cache.ts'
import { run } from '../../servers/run.ts'
import type { Installation } from '../../servers/server.ts'
import { messagesScript } from './messages-script.ts'

/**
 * The interface descriptions that AWS and Google publish inside their Python libraries: for tests, which check every
 * request against them. Nothing of the libraries runs, and the repository has no copy.
 */
const packages = {
  botocore: '1.44.8',
  'google-api-python-client': '2.202.0',
  'google-ai-generativelanguage': '0.12.1',
}
const version = Object.values(packages).join('-')
const services = ['sagemaker', 'sagemaker-runtime', 'cloudwatch', 'bedrock-runtime', 'sts']
const documents = ['aiplatform.v1', 'monitoring.v3']
/** Of this API Google publishes no discovery document there, but a library with all its messages. */
const messages = 'google/ai/generativelanguage_v1beta/types'
const entry = {
  name: 'official-models',
  version,
  recipe: [...services, ...documents, messages, messagesScript],
}

/** Keeps the chosen files of the packages in a folder, and nothing else of them. */
const extract = `
import glob, os, re, sys, zipfile
folder, services, documents, messages = sys.argv[1], sys.argv[2].split(','), sys.argv[3].split(','), sys.argv[4]
wanted = re.compile('botocore/data/(' + '|'.join(services) + ')/[^/]+/service-2.json.gz$'
  + '|googleapiclient/discovery_cache/documents/(' + '|'.join(map(re.escape, documents)) + ').json$')
for wheel in glob.glob(os.path.join(folder, '*.whl')):
    with zipfile.ZipFile(wheel) as files:
        sources = [files.read(name) for name in files.namelist() if os.path.dirname(name) == messages]
        if sources:
            with open(os.path.join(folder, 'generativelanguage.v1beta.json'), 'w') as kept:
                kept.write(described(sources))
        for name in files.namelist():
            found = wanted.match(name)
            if found:
                target = (found.group(1) + '.json.gz') if found.group(1) else (found.group(2) + '.json')
                with open(os.path.join(folder, target), 'wb') as kept:
                    kept.write(files.read(name))
    os.remove(wheel)
`

/** Puts the descriptions into the cache of the live servers, unless they are there. */
export const officialModels: {
  readonly name: string
  readonly version: string
  install(): Promise<Installation>
} = {
  name: entry.name,
  version: entry.version,
  install: (): Promise<Installation> =>
    installation(entry.name, version, () =>
      cached(entry, async (folder) => {
        const wanted = Object.entries(packages).map(([name, exact]) => `${name}==${exact}`)
        await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, ...wanted])
        await run('python3', [
          '-c',
          messagesScript + extract,
          folder,
          services.join(),
          documents.join(),
          messages,
        ])
      }),
    ),
}

/** The file, or why it is not there. Does not install anything, because tests that use it need no network. */
export function officialModel(file: string): { readonly path: string } | { readonly missing: string } {
  const folder = filledFolder(entry)
  if (folder !== undefined) return { path: join(folder, file) }
  return { missing: `${file} is not in the cache: run npm run live:install -- ${entry.name}` }
}
