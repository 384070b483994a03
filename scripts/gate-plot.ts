/** Draws the picture of the page on gates. A test fails when it is out of date. */
import { writeFileSync } from 'node:fs'
import { gatePlot, gatePlotPath } from '../bench/gates/gate-plot.ts'

writeFileSync(gatePlotPath, gatePlot())
