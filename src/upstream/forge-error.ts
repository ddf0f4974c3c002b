import { ForkwrightError } from '../errors.ts';
import type { ForgeProject } from './forge.ts';

/** The error for an answer with a status that says no: what to do is about the token, as a rule. */
export function describeRefusal(status: number, said: string, { apiUrl, tokenName }: ForgeProject): ForkwrightError {
  const { host } = new URL(apiUrl);
  const words = said === '' ? '' : `: ${said}`;
  const hint =
    tokenName === ''
      ? 'it was asked without a token'
      : status === 401
        ? `the token in ${tokenName} is not valid there`
        : `check what the token in ${tokenName} may read`;
  return new ForkwrightError('upstream.refused', `${host} answered ${status}${words}`, { place: apiUrl, hint });
}

/** The error for an answer that is not of the form that the forge's API has. */
export function describeBadAnswer({ apiUrl }: ForgeProject): ForkwrightError {
  return new ForkwrightError('upstream.bad-answer', 'what answered is not the API of the forge', {
    place: apiUrl,
    hint: 'check the address of the API and the proxy',
  });
}
