import { AutoComplete, Button, Input } from 'antd';
import { useRef, useState } from 'react';
import { pick } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useClock, useText } from '../../ui/text.ts';
import { useFile } from './fileContext.ts';
import { FlagMark } from './FlagMark.tsx';
import { EMPTY_LAB, knownTest, type LabDraft, type LabProblem, labProblems, toLabBody, withKnown } from './labDraft.ts';
import { type LabTest, labFlag } from './labView.ts';
import { fromLocalInput, toLocalInput } from '../../ui/localTime.ts';
import { useWork } from './useWork.ts';

/** One result from a laboratory's slip. A test the case knows fills in its unit and range; the next result keeps the time. */
export function LabForm({ tests, onClose }: { readonly tests: readonly LabTest[]; readonly onClose: () => void }) {
  const { t, language } = useText();
  const clock = useClock();
  const { model } = useFile();
  const [draft, setDraft] = useState<LabDraft>(EMPTY_LAB);
  const [time, setTime] = useState(() => toLocalInput(clock.wallMs()));
  const [isAsked, setAsked] = useState(false);
  const [keptCount, setKeptCount] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const { isWorking, error, run } = useWork();
  const problems = labProblems(draft);
  const collectedAtMs = fromLocalInput(time);
  const has = (problem: LabProblem) => problems.includes(problem);
  const set = (part: Partial<LabDraft>) => setDraft((old) => ({ ...old, ...part }));
  const names = tests.map(({ results }) => pick(results[0]?.content.body.name ?? { zh: '', en: '' }, language));
  const wanted = draft.name.trim().toLowerCase();
  const body = problems.length === 0 && collectedAtMs !== null ? toLabBody(draft, tests, collectedAtMs) : null;

  const fillIn = (name: string) => {
    const known = knownTest(tests, name);
    if (known) setDraft((old) => withKnown({ ...old, name }, known));
  };
  const save = async (isLast: boolean) => {
    setAsked(true);
    if (!body) return;
    if (!(await run(() => model.add({ kind: 'lab', body })))) return;
    if (isLast) return onClose();
    setDraft(EMPTY_LAB);
    setAsked(false);
    setKeptCount((count) => count + 1);
    form.current?.querySelector<HTMLInputElement>('#lab-name')?.focus();
  };
  const field = (name: Exclude<keyof LabDraft, 'name'>, label: string, isWrong: boolean, isNumber: boolean) => (
    <label className="cf-field" htmlFor={`lab-${name}`}>
      <span>{label}</span>
      <Input id={`lab-${name}`} size="large" value={draft[name]} maxLength={name === 'result' ? 400 : 30} {...(isNumber ? { inputMode: 'decimal' as const } : {})} status={isWrong ? 'error' : ''} aria-invalid={isWrong} onChange={(event) => set({ [name]: event.target.value })} data-testid={`lab-form-${name}`} />
    </label>
  );

  return (
    <form
      ref={form}
      className="cf-form"
      data-testid="lab-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save(true);
      }}
    >
      <div className="cf-lab-form">
        <label className="cf-field cf-lab-name" htmlFor="lab-name">
          <span>{t('labs.test')}</span>
          <AutoComplete
            id="lab-name"
            size="large"
            autoFocus
            value={draft.name}
            maxLength={80}
            status={isAsked && has('name') ? 'error' : ''}
            options={names.filter((name) => name.toLowerCase().includes(wanted)).map((name) => ({ value: name }))}
            onChange={(name) => set({ name })}
            onSelect={fillIn}
            onBlur={() => fillIn(draft.name)}
            data-testid="lab-form-name"
          />
        </label>
        {field('result', t('field.lab.value'), isAsked && has('result'), false)}
        {field('unit', t('field.lab.unit'), false, false)}
        {field('low', t('field.lab.low'), has('low') || has('rangeSwapped'), true)}
        {field('high', t('field.lab.high'), has('high') || has('rangeSwapped'), true)}
      </div>
      <p className="hz-small hz-muted">{t('labs.formHelp')}</p>
      {body && labFlag(body) !== null && (
        <p aria-live="polite">
          <FlagMark flag={labFlag(body)} />
        </p>
      )}
      {(has('low') || has('high')) && <p className="cf-problem" role="alert">{t('labs.notANumber')}</p>}
      {has('rangeSwapped') && <p className="cf-problem" role="alert">{t('labs.rangeSwapped')}</p>}
      {isAsked && (has('name') || has('result')) && <p className="cf-problem" role="alert">{t('labs.incomplete')}</p>}
      {error && <ErrorNotice error={error} />}
      {keptCount > 0 && (
        <p role="status" className="hz-muted">
          {t('labs.kept', { count: keptCount })}
        </p>
      )}
      <div className="cf-form-end">
        <label className="cf-field">
          <span>{t('labs.collected')}</span>
          <Input type="datetime-local" size="large" value={time} status={collectedAtMs === null ? 'error' : ''} onChange={(event) => setTime(event.target.value)} data-testid="lab-form-time" />
        </label>
        <Button size="large" onClick={onClose}>
          {t(keptCount > 0 ? 'common.close' : 'common.cancel')}
        </Button>
        <Button size="large" loading={isWorking} onClick={() => void save(false)} data-testid="save-lab-next">
          {t('labs.saveNext')}
        </Button>
        <Button type="primary" size="large" htmlType="submit" loading={isWorking} data-testid="save-lab">
          {t('common.save')}
        </Button>
      </div>
    </form>
  );
}
