declare const brand: unique symbol;

/** A primitive that only its own maker can produce, so that two kinds of string cannot be mistaken for each other. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
