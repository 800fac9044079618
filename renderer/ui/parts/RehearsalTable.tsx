import { CheckCircleOutlined, CloseCircleOutlined, MinusCircleOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { REHEARSAL_FAILURES, type RehearsalFailure, rehearsalFailures } from '#shared/domain/consultation/rehearsalLimits';
import type { Rehearsal } from '#shared/domain/consultation/request';
import { sitesOf } from '#shared/domain/consultation/takeStep';
import type { ConsultRequestId } from '#shared/domain/ids';
import type { RequestDetail } from '#shared/protocol/consultation';
import { bitrate, clockTime, fullName, type LanguageName, shortName } from '../../i18n/format.ts';
import { type Translate, useText } from '../text.ts';
import { useNow } from '../useNow.ts';
import { Chip } from './Chip.tsx';

/** One figure of a rehearsal as people read it. */
export function rehearsalFigure(one: Pick<Rehearsal, 'hasPicture' | 'hasSound' | 'upBps' | 'downBps' | 'roundTripMs' | 'lossRatio'>, what: RehearsalFailure, t: Translate): string {
  const rate = (bps: number | null) => (bps === null ? t('rehearse.notMeasured') : bitrate(bps));
  switch (what) {
    case 'picture':
      return t(one.hasPicture ? 'rehearse.passed' : 'rehearse.failed');
    case 'sound':
      return t(one.hasSound ? 'rehearse.passed' : 'rehearse.failed');
    case 'up':
      return rate(one.upBps);
    case 'down':
      return rate(one.downBps);
    case 'roundTrip':
      return one.roundTripMs === null ? t('rehearse.notMeasured') : `${Math.round(one.roundTripMs)} ms`;
    case 'loss':
      return one.lossRatio === null ? t('rehearse.notMeasured') : `${(one.lossRatio * 100).toFixed(1)} %`;
  }
}

/** The name of a site: a person or cart of the request. */
function siteName(detail: RequestDetail, id: string, language: LanguageName, t: Translate): string {
  const party = detail.parties.find((one) => one.id === id);
  return party ? fullName(party, language) : t('common.unknown');
}

/** The evidence of a request's rehearsals: every site with its last result, who tried it and when, and what fell short. */
export function RehearsalTable({ detail, nowMs }: { readonly detail: RequestDetail; readonly nowMs: number }) {
  const { t, language } = useText();
  const { appointment, rehearsals } = detail.request;
  if (appointment === null) return null;
  return (
    <div className="hz-rehearsals" data-testid="rehearsals" tabIndex={0}>{/* what scrolls can be reached without a mouse */}
      <table>
        <thead>
          <tr>
            <th scope="col">{t('rehearse.results')}</th>
            {REHEARSAL_FAILURES.map((what) => <th key={what} scope="col">{t(`rehearse.step.${what}`)}</th>)}
            <th scope="col">{t('rehearse.figures')}</th>
          </tr>
        </thead>
        <tbody>
          {sitesOf(appointment).map((site) => {
            const last = rehearsals.filter(({ partyId }) => partyId === site).at(-1);
            const failures = last ? rehearsalFailures(last) : [];
            const by = last ? detail.parties.find(({ id }) => id === last.by.id) : undefined;
            return (
              <tr key={site} data-passed={last?.hasPassed}>
                <th scope="row">
                  {siteName(detail, site, language, t)}
                  {last && <span className="hz-small hz-muted">{t('rehearse.by', { name: by ? shortName(by, language) : t('common.unknown'), time: clockTime(last.by.atMs, nowMs, language) })}</span>}
                  {last?.note && <span className="hz-small hz-muted">{last.note}</span>}
                </th>
                {REHEARSAL_FAILURES.map((what) => (
                  <td key={what} data-failed={failures.includes(what)}>
                    {last ? rehearsalFigure(last, what, t) : '–'}
                  </td>
                ))}
                <td>
                  {last === undefined && <Chip icon={<MinusCircleOutlined />}>{t('rehearse.none')}</Chip>}
                  {last?.hasPassed === true && <Chip tone="good" icon={<CheckCircleOutlined />}>{t('rehearse.passed')}</Chip>}
                  {last?.hasPassed === false && <Chip tone="bad" icon={<CloseCircleOutlined />}>{t('rehearse.failed')}: {failures.map((what) => t(`rehearse.step.${what}`)).join(t('common.listComma'))}</Chip>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The same on the request itself, with the way to this site's own check where the request waits for it. */
export function RehearsalEvidence({ detail, onRehearse }: { readonly detail: RequestDetail; readonly onRehearse: ((requestId: ConsultRequestId) => void) | null }) {
  const { t } = useText();
  const { wallMs } = useNow(60_000);
  return (
    <section className="hz-column" aria-label={t('rehearse.title')}>
      <RehearsalTable detail={detail} nowMs={wallMs} />
      {onRehearse && detail.open.includes('rehearse') && (
        <div>
          <Button onClick={() => onRehearse(detail.request.id)} data-testid="open-rehearsal">
            {t('cal.rehearse')}
          </Button>
        </div>
      )}
    </section>
  );
}
