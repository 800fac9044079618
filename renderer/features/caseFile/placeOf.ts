import type { ChangePlace, ViewedItem } from '../../services/cases/caseView.ts';
import type { CaseState } from '../../state/cases/caseModel.ts';

/** Where one change is. What waits is on the wire when its item says so. */
export function placeOf(entry: CaseState['outbox'][number], item: Pick<ViewedItem, 'place'> | null): ChangePlace {
  if (entry.state !== 'waiting') return entry.state;
  return item?.place === 'sending' ? 'sending' : 'onlyHere';
}
