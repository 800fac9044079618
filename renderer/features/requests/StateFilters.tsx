import { useStore } from 'zustand';
import { REQUEST_STATES } from '#shared/domain/consultation/states';
import { countOf, type RequestFilter, type RequestListModel } from '../../state/requests/requestListModel.ts';
import { useText } from '../../ui/text.ts';

/** States as filters, each with how many there are; those without any are left out. */
export function StateFilters({ model, isApprover }: { readonly model: RequestListModel; readonly isApprover: boolean }) {
  const { t } = useText();
  const state = useStore(model.store);
  const states = REQUEST_STATES.filter((one) => (state.counts[one] ?? 0) > 0 || one === state.filter);
  const filters: readonly RequestFilter[] = [...(isApprover ? (['toApprove'] as const) : []), 'open', ...states];
  return (
    <div className="rq-filters" role="group" aria-label={t('requests.filters')}>
      {filters.map((filter) => {
        const count = countOf(state, filter);
        return (
          <button key={filter} type="button" aria-pressed={state.filter === filter} onClick={() => model.setFilter(filter)} data-testid={`request-filter-${filter}`}>
            {filter === 'open' || filter === 'toApprove' ? t(`requests.filter.${filter}`) : t(`requestState.${filter}`)} {count !== null && <strong>{count}</strong>}
          </button>
        );
      })}
    </div>
  );
}
