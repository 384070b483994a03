/** Writes the page of dialects. A test fails when the page is out of date. */
import { writeFileSync } from 'node:fs'
import { matrixPage, matrixPagePath } from '../test/unit/dialects/pairs/matrix-page.ts'

writeFileSync(matrixPagePath, matrixPage())
