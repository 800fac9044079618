import { Button, Input, Modal, Select, Table } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { personIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Expert, Expertise } from '#shared/domain/scheduling';
import { titleGradeSchema } from '#shared/domain/specialties';
import { pick, shortName } from '../../i18n/format.ts';
import type { RosterModel } from '../../state/schedule/rosterModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { bySearch, searchOf, specialtyName, specialtyOptions } from '../../ui/scheduleText.ts';
import { useText } from '../../ui/text.ts';
import { Hours } from './Hours.tsx';

const NONE: Expertise = { specialties: [], grade: null };

/** Specialties, titles and hours of those who can be asked; the load says who is asked often. */
export function People({ model }: { readonly model: RosterModel }) {
  const { t, language } = useText();
  const { experts, isWorking } = useStore(model.store);
  const { parties } = useStore(model.directory.store);
  const [filter, setFilter] = useState('');
  const [edited, setEdited] = useState<{ readonly person: Party; readonly expertise: Expertise } | null>(null);
  const [hoursOf, setHoursOf] = useState<Party | null>(null);
  useEffect(() => {
    model.refreshExperts();
    void model.directory.load();
  }, [model]);
  // Those who have no specialty yet are on no list of experts, and are the ones that need one.
  const listed = new Set(experts?.map(({ person }) => String(person.id)));
  const rows: Expert[] = [...(experts ?? []), ...parties.filter(({ role, id }) => role === 'expert' && !listed.has(id)).map((person) => ({ person, expertise: NONE, load: 0 }))];
  const shown = rows.filter(({ person, expertise }) => `${searchOf(person)} ${expertise.specialties.map((code) => specialtyName(code, language)).join(' ').toLowerCase()}`.includes(filter.trim().toLowerCase()));
  return (
    <div className="hz-column">
      <Input.Search value={filter} onChange={({ target }) => setFilter(target.value)} placeholder={t('roster.search')} aria-label={t('roster.search')} style={{ maxWidth: 360 }} allowClear />
      <Table<Expert>
        rowKey={({ person }) => person.id} size="middle" loading={experts === null && isWorking} dataSource={shown} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 820 }} locale={{ emptyText: t('roster.noExperts') }}
        columns={[
          { title: t('roster.person'), key: 'name', render: (_, { person }) => <><strong>{shortName(person, language)}</strong> <span className="hz-muted">{pick(person.organisationName, language)}</span></> },
          { title: t('roster.specialties'), key: 'specialties', render: (_, { expertise }) => expertise.specialties.map((code) => specialtyName(code, language)).join(t('common.listComma')) || '–' },
          { title: t('roster.grade'), key: 'grade', render: (_, { expertise }) => (expertise.grade === null ? '–' : t(`sched.title.${expertise.grade}`)) },
          { title: t('roster.load'), key: 'load', sorter: (a, b) => a.load - b.load, render: (_, { load }) => load },
          {
            title: t('admin.actions'), key: 'actions',
            render: (_, { person, expertise }) => (
              <div className="hz-row">
                <Button onClick={() => { model.clearError(); setEdited({ person, expertise }); }} aria-label={t('roster.editOf', { name: shortName(person, language) })} data-testid={`edit-${person.id}`}>{t('roster.edit')}</Button>
                <Button onClick={() => setHoursOf(person)} aria-label={t('roster.hoursOf', { name: shortName(person, language) })}>{t('roster.hours')}</Button>
              </div>
            ),
          },
        ]}
      />
      {edited && <ExpertiseDialog model={model} person={edited.person} first={edited.expertise} onClose={() => setEdited(null)} />}
      {hoursOf && (
        <Modal open width={980} title={shortName(hoursOf, language)} onCancel={() => setHoursOf(null)} footer={null} destroyOnHidden>
          <Hours model={model} personId={personIdSchema.parse(hoursOf.id)} />
        </Modal>
      )}
    </div>
  );
}

function ExpertiseDialog({ model, person, first, onClose }: { readonly model: RosterModel; readonly person: Party; readonly first: Expertise; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const [expertise, setExpertise] = useState(first);
  return (
    <Modal open title={t('roster.editOf', { name: shortName(person, language) })} onCancel={onClose} okText={t('common.save')} confirmLoading={isWorking} onOk={() => void model.setExpertise(personIdSchema.parse(person.id), expertise).then((isDone) => (isDone ? onClose() : undefined))}>
      <div className="hz-column">
        {error && <ErrorNotice error={error} />}
        <label className="ro-field">
          {t('roster.specialties')}
          <Select mode="multiple" maxCount={10} value={expertise.specialties} showSearch={{ filterOption: bySearch }} options={specialtyOptions(language)} onChange={(specialties) => setExpertise({ ...expertise, specialties })} data-testid="specialties" />
        </label>
        <label className="ro-field">
          {t('roster.grade')}
          <Select value={String(expertise.grade ?? '')} onChange={(grade) => setExpertise({ ...expertise, grade: grade === '' ? null : titleGradeSchema.parse(grade) })} options={[{ value: '', label: t('roster.noGrade') }, ...titleGradeSchema.options.map((value) => ({ value, label: t(`sched.title.${value}`) }))]} />
        </label>
      </div>
    </Modal>
  );
}
