import { SearchOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useRef } from 'react';
import type { Obstacle, Proposal, Resource, TimeReason } from '#shared/domain/scheduling';
import { clockTime } from '../../i18n/format.ts';
import type { PlanModel, PlanState } from '../../state/schedule/planModel.ts';
import { specialtyName } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';

export interface PlanTimesProps {
  readonly model: PlanModel;
  readonly state: PlanState;
  readonly nowMs: number;
  readonly nameOf: (resource: Resource) => string;
}

/** The best three times with their reasons in words, or what stands in the way. */
export function PlanTimes({ model, state, nowMs, nameOf }: PlanTimesProps) {
  const { t, language } = useText();
  const people = (ids: readonly string[]) => ids.map((id) => nameOf({ kind: 'person', id: id as Proposal['chosen'][number] })).join(t('common.listComma')); // reasons name people
  const reasonText = (reason: TimeReason): string => {
    switch (reason.type) {
      case 'outsideHours':
      case 'onDuty':
        return t(`plan.reason.${reason.type}`, { names: people(reason.personIds) });
      case 'lessLoaded':
        return t('plan.reason.lessLoaded', { names: people([reason.personId]), load: reason.load, average: reason.average.toFixed(1) });
      default:
        return t(`plan.reason.${reason.type}`);
    }
  };
  const obstacleText = (obstacle: Obstacle): string => {
    switch (obstacle.type) {
      case 'nobody':
      case 'nobodyFree':
        return t(`plan.obstacle.${obstacle.type}`, { specialty: specialtyName(obstacle.specialty, language), grade: t(`sched.grade.${obstacle.leastGrade}`) });
      case 'neverFree':
        return t('plan.obstacle.neverFree', { name: nameOf(obstacle.resource) });
      case 'neverTogether':
        return t('plan.obstacle.neverTogether');
    }
  };
  const { found } = state;
  const section = useRef<HTMLElement>(null);
  // On a low screen what was found is below the edge: it comes into view, and the keyboard goes on at the first time, unless the
  // person has gone elsewhere meanwhile.
  useEffect(() => {
    const root = section.current;
    if (found === null || root === null) return;
    if (root.contains(document.activeElement)) root.querySelector<HTMLElement>('.pl-proposals button')?.focus({ preventScroll: true });
    root.scrollIntoView({ block: 'nearest' });
  }, [found]);
  return (
    <section ref={section} className="pl-times" aria-live="polite" aria-busy={state.isFinding}>
      <div className="hz-row-wrap">
        <h2 className="hz-grow">{t('plan.proposals')}</h2>
        <Button icon={<SearchOutlined />} type={state.start === null ? 'primary' : 'default'} onClick={model.findTimes} loading={state.isFinding} data-testid="find-times">
          {t(state.isFinding ? 'plan.finding' : 'plan.find')}
        </Button>
      </div>
      {found && found.proposals.length > 0 && (
        <ol className="pl-proposals">
          {found.proposals.map((proposal, index) => {
            const isChosen = state.start === proposal.startsAtMs;
            return (
              <li key={proposal.startsAtMs} data-chosen={isChosen}>
                <div className="hz-grow">
                  <strong>{clockTime(proposal.startsAtMs, nowMs, language)}</strong>
                  {proposal.chosen.length > 0 && <span> · {people(proposal.chosen)}</span>}
                  <ul className="hz-small hz-muted">
                    {proposal.reasons.map((reason) => (
                      <li key={reasonText(reason)}>{reasonText(reason)}</li>
                    ))}
                  </ul>
                </div>
                <Button onClick={() => model.choose(proposal)} aria-pressed={isChosen} aria-label={`${t('plan.take')}: ${clockTime(proposal.startsAtMs, nowMs, language)}`} data-testid={`proposal-${index}`}>
                  {t(isChosen ? 'plan.taken' : 'plan.take')}
                </Button>
              </li>
            );
          })}
        </ol>
      )}
      {found && found.proposals.length === 0 && (
        <div className="pl-none" role="status" data-testid="obstacles">
          <strong>{t('plan.none')}</strong>
          <ul>
            {found.obstacles.map((obstacle) => (
              <li key={obstacleText(obstacle)}>{obstacleText(obstacle)}</li>
            ))}
          </ul>
          <p className="hz-small">{t('plan.obstacleHelp')}</p>
        </div>
      )}
    </section>
  );
}
