declare const brand: unique symbol

/** A nominal type over `T`: two brands never mix, and a bare `T` is not one of them until it is parsed or ensured. */
export type Brand<T, B extends string> = T & { readonly [brand]: B }
