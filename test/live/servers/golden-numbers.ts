import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { required } from '../../../servers/cache.ts'
import { pythonVenv, type VenvEnd } from '../../../servers/python-venv.ts'
import { run } from '../../../servers/run.ts'
import type { LiveServer, RunningServer } from '../../../servers/server.ts'

export interface GoldenNumbersAddress {
  /** A Python that has confseq, expectation and scipy. */
  readonly python: string
}

const confseq = '0.0.11'
const expectation = '0.6.1'

/** What the programs import, and what confseq is compiled with. They need Python 3.11. */
const packages = [
  'numpy==2.4.6',
  'scipy==1.17.1',
  'pydantic==2.14.4',
  'pip==26.3',
  'setuptools==75.8.2',
  'wheel==0.48.0',
  'scikit-build==0.19.1',
  'cmake==4.4.5',
  'ninja==1.13.2',
  'pybind11==3.1.0',
  'boost-headers==1.85.0.post1',
]

/**
 * confseq has no wheels for a newer Python than 3.10, and the builder that it names does not know newer ones. With these
 * tools it compiles. expectation says that it needs Python 3.12, but what is asked of it runs with 3.11.
 */
const last: VenvEnd = {
  recipe: [`confseq==${confseq}`, `expectation==${expectation}`],
  async run(bin) {
    const python = join(bin, 'python')
    const install = ['-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', '--no-deps']
    await run(python, [...install, '--ignore-requires-python', `expectation==${expectation}`])
    const headers = await run(python, ['-c', 'import boost_headers; print(boost_headers.get_include())'])
    const env = { PATH: `${bin}:${process.env.PATH}`, CXXFLAGS: `-I${headers.trim()}` }
    const compile = ['--no-build-isolation', '--no-binary', 'confseq', `confseq==${confseq}`]
    await run(python, [...install, ...compile], { env })
  },
}

/**
 * Two packages for evidence that holds at any moment. They are no server, so nothing runs between the programs that use
 * them. expectation is under the GPL: it is run for its numbers, and the repository has nothing of it.
 */
export const goldenNumbers: LiveServer<GoldenNumbersAddress> = {
  name: 'golden-numbers',
  version: `${confseq}-${expectation}`,
  install() {
    return pythonVenv(this.name, this.version, packages, last)
  },
  async start({ folder }): Promise<RunningServer<GoldenNumbersAddress>> {
    const python = join(required(await this.install()), 'bin/python')
    const log = join(folder, 'log')
    await writeFile(log, 'Nothing ran: these are packages.\n')
    return { address: { python }, log, stop: async () => {} }
  },
}
