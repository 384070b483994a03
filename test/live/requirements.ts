/** The packages that the live suites install with pip, by the environment's name. */
export const requirements = {
  kserve: ['kserve==0.21.0', 'tritonclient[http]==2.73.0'],
  mlserver: ['mlserver==1.7.1'],
} as const
