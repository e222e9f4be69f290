/** The library, loaded with the first seal: most threads that read this package never see one, and it is a third of their memory. */
export const loadAge = (): Promise<typeof import('age-encryption')> => import('age-encryption')
