import { useStore } from 'zustand';
import type { AskedStep } from '#shared/domain/consultation/steps';
import { useRequests } from './requestContext.ts';

/** Taking steps on the open request: one at a time, and only with a network. */
export function useTake(): { readonly take: (step: AskedStep) => Promise<boolean>; readonly taking: AskedStep['type'] | null; readonly isOff: boolean } {
  const { model, isOnline } = useRequests();
  const taking = useStore(model.store, (s) => s.taking);
  return { take: model.take, taking, isOff: !isOnline || taking !== null };
}
