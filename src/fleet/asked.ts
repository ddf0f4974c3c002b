/**
 * A fact that somebody had to be asked for. `unknown`: it was asked for and could not be found out, which is a fault that
 * the page shows. `not-asked`: nobody is there to be asked, or nobody was to be; that grades nothing.
 */
export type Asked<Value> =
  | { readonly state: 'known'; readonly value: Value }
  | { readonly state: 'unknown'; readonly reason: string }
  | { readonly state: 'not-asked'; readonly reason: string };

/** A fact that was found out. */
export function known<Value>(value: Value): Asked<Value> {
  return { state: 'known', value };
}

/** The value of a fact; null where there is none. */
export function valueOf<Value>(asked: Asked<Value>): Value | null {
  return asked.state === 'known' ? asked.value : null;
}
