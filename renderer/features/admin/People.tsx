import { PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Modal, Select, Table } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { organisationIdSchema } from '#shared/domain/ids';
import { ROLES, type Role } from '#shared/domain/roles';
import { clockTime, pick } from '../../i18n/format.ts';
import type { AdminModel, PersonRecord } from '../../state/adminModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { emailField, emailRule, typedEmail } from '../../ui/emailField.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

export function People({ model, selfId }: { readonly model: AdminModel; readonly selfId: string }) {
  const { t, language } = useText();
  const { people, isWorking } = useStore(model.store);
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<PersonRecord | null>(null);
  const [resetting, setResetting] = useState<PersonRecord | null>(null);
  const [writing, setWriting] = useState<PersonRecord | null>(null);
  const { wallMs } = useNow(10_000);
  useEffect(() => model.refreshPeople(), [model]);
  // An error belongs to the dialog it came up in.
  const show = (isShown: boolean) => {
    model.clearError();
    setCreating(isShown);
  };
  const showReset = (person: PersonRecord | null) => {
    model.clearError();
    setResetting(person);
  };
  const showContact = (person: PersonRecord | null) => {
    model.clearError();
    setWriting(person);
  };
  const nameOf = (person: PersonRecord) => pick(person.name, language);

  return (
    <div className="hz-column">
      <div>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => show(true)} data-testid="add-person">
          {t('admin.addPerson')}
        </Button>
      </div>
      <Table<PersonRecord>
        rowKey="id"
        size="middle"
        loading={people === null && isWorking}
        dataSource={[...(people ?? [])]}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 1200 }}
        locale={{ emptyText: t('admin.noEntries') }}
        columns={[
          { title: t('admin.name'), key: 'name', render: (_, person) => <>{nameOf(person)} {person.title && <span className="hz-muted">{pick(person.title, language)}</span>}</> },
          { title: t('admin.signInName'), dataIndex: 'signInName' },
          { title: t('admin.role'), key: 'role', render: (_, person) => t(`role.${person.role}`) },
          { title: t('admin.organisation'), key: 'organisation', render: (_, person) => pick(person.organisationName, language) },
          { title: t('settings.email'), key: 'email', render: (_, person) => person.email ?? <span className="hz-muted">{t('admin.noEmail')}</span> },
          {
            title: t('admin.state'),
            key: 'state',
            render: (_, person) =>
              !person.isActive ? <Chip>{t('admin.inactive')}</Chip> : person.lockedUntilMs !== null && person.lockedUntilMs > wallMs ? <Chip tone="caution">{t('admin.lockedUntil', { time: clockTime(person.lockedUntilMs, wallMs, language) })}</Chip> : <Chip tone="good">{t('admin.active')}</Chip>,
          },
          {
            title: t('admin.actions'),
            key: 'actions',
            render: (_, person) => (
              <div className="hz-row">
                {person.lockedUntilMs !== null && person.lockedUntilMs > wallMs && (
                  <Button onClick={() => model.unlockPerson(person.id)} aria-label={t('admin.unlockNamed', { name: nameOf(person) })} data-testid={`unlock-${person.id}`}>
                    {t('admin.unlock')}
                  </Button>
                )}
                <Button onClick={() => showContact(person)} aria-label={t('admin.emailNamed', { name: nameOf(person) })} data-testid={`email-${person.id}`}>
                  {t('settings.email')}
                </Button>
                {person.id !== selfId && (
                  <Button onClick={() => showReset(person)} aria-label={t('admin.resetPasswordNamed', { name: nameOf(person) })} data-testid={`reset-password-${person.id}`}>
                    {t('admin.resetPassword')}
                  </Button>
                )}
                {person.id === selfId ? null : person.isActive ? (
                  <Button onClick={() => setAsked(person)} aria-label={t('admin.deactivateNamed', { name: nameOf(person) })} data-testid={`deactivate-${person.id}`}>
                    {t('admin.deactivate')}
                  </Button>
                ) : (
                  <Button onClick={() => model.setPersonActive(person.id, true)} aria-label={t('admin.activateNamed', { name: nameOf(person) })} data-testid={`activate-${person.id}`}>
                    {t('admin.activate')}
                  </Button>
                )}
              </div>
            ),
          },
        ]}
      />
      {asked && (
        <ConfirmDialog
          isOpen
          isDangerous
          title={t('admin.deactivateTitle', { name: nameOf(asked) })}
          text={t('admin.deactivateText', { name: nameOf(asked) })}
          confirmLabel={t('admin.deactivate')}
          confirmTestId="deactivate-confirm"
          onConfirm={() => {
            model.setPersonActive(asked.id, false);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
      {resetting && <ResetPasswordDialog model={model} person={resetting} onClose={() => showReset(null)} />}
      {writing && <EmailDialog model={model} person={writing} onClose={() => showContact(null)} />}
      {isCreating && <NewPersonDialog model={model} onClose={() => show(false)} />}
    </div>
  );
}

interface Values {
  readonly signInName: string;
  readonly nameZh: string;
  readonly nameEn: string;
  readonly titleZh?: string;
  readonly titleEn?: string;
  readonly role: Exclude<Role, 'cart'>;
  readonly organisationId: string;
  readonly password: string;
}

/** Who can be made here: carts are enrolled, not created with a password. */
const PERSON_ROLES = ROLES.filter((role): role is Exclude<Role, 'cart'> => role !== 'cart');

function NewPersonDialog({ model, onClose }: { readonly model: AdminModel; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { organisations, isWorking, error } = useStore(model.store);
  const [form] = Form.useForm<Values>();
  const needed = [{ required: true, message: t('settings.required') }];
  const create = (values: Values) => {
    const { titleZh, titleEn } = values;
    const title = titleZh ? { zh: titleZh, en: titleEn || titleZh } : null;
    void model
      .createPerson({ signInName: values.signInName, name: { zh: values.nameZh, en: values.nameEn }, title, role: values.role, organisationId: organisationIdSchema.parse(values.organisationId), password: values.password })
      .then((isDone) => (isDone ? onClose() : undefined));
  };
  return (
    <Modal open title={t('admin.addPerson')} onCancel={onClose} onOk={form.submit} okText={t('admin.create')} confirmLoading={isWorking} width={640}>
      {error && <ErrorNotice error={error} />}
      <Form<Values> form={form} layout="vertical" onFinish={create}>
        <div className="ad-two">
          <Form.Item name="nameZh" label={t('admin.nameZh')} rules={needed}>
            <Input maxLength={80} data-testid="person-name-zh" />
          </Form.Item>
          <Form.Item name="nameEn" label={t('admin.nameEn')} rules={needed}>
            <Input maxLength={80} data-testid="person-name-en" />
          </Form.Item>
          <Form.Item name="titleZh" label={t('admin.titleZh')}>
            <Input maxLength={80} />
          </Form.Item>
          <Form.Item name="titleEn" label={t('admin.titleEn')}>
            <Input maxLength={80} />
          </Form.Item>
          <Form.Item name="role" label={t('admin.role')} rules={needed}>
            <Select options={PERSON_ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} data-testid="person-role" />
          </Form.Item>
          <Form.Item name="organisationId" label={t('admin.organisation')} rules={needed}>
            <Select options={organisations.map(({ id, name }) => ({ value: id, label: pick(name, language) }))} data-testid="person-organisation" />
          </Form.Item>
          <Form.Item name="signInName" label={t('admin.signInName')} extra={t('admin.signInNameHelp')} rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9._-]{1,62}$/, message: t('admin.signInNameWrong') }]}>
            <Input maxLength={64} autoComplete="off" data-testid="person-sign-in-name" />
          </Form.Item>
          <Form.Item name="password" label={t('admin.password')} extra={t('settings.passwordHelp')} rules={needed}>
            <Input.Password maxLength={200} autoComplete="new-password" data-testid="person-password" />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}

/** Where notices reach somebody besides the client. */
function EmailDialog({ model, person, onClose }: { readonly model: AdminModel; readonly person: PersonRecord; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const [form] = Form.useForm<{ readonly email: string }>();
  const keep = ({ email }: { readonly email: string }) => void model.setContact(person.id, typedEmail(email)).then((isDone) => (isDone ? onClose() : undefined));
  return (
    <Modal open centered title={t('admin.emailNamed', { name: pick(person.name, language) })} onCancel={onClose} onOk={form.submit} okText={t('common.save')} okButtonProps={{ 'data-testid': 'email-save' }} confirmLoading={isWorking} width={480}>
      {error && <ErrorNotice error={error} />}
      <Form form={form} layout="vertical" initialValues={{ email: person.email ?? '' }} onFinish={keep}>
        <Form.Item name="email" label={t('settings.email')} extra={t('admin.emailHelp')} rules={[emailRule(t)]}>
          <Input {...emailField} autoComplete="off" autoFocus data-testid="person-email" />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Asks for the temporary password and, by naming the person and what happens to them, whether it is meant. */
function ResetPasswordDialog({ model, person, onClose }: { readonly model: AdminModel; readonly person: PersonRecord; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const [form] = Form.useForm<{ readonly password: string }>();
  const name = pick(person.name, language);
  const reset = ({ password }: { readonly password: string }) => void model.resetPassword(person.id, password).then((isDone) => (isDone ? onClose() : undefined));
  return (
    <Modal open centered title={t('admin.resetPasswordTitle', { name })} onCancel={onClose} onOk={form.submit} okText={t('admin.resetPassword')} okButtonProps={{ danger: true }} confirmLoading={isWorking} width={480}>
      {error && <ErrorNotice error={error} />}
      <p className="ad-intro">{t('admin.resetPasswordText', { name, signInName: person.signInName })}</p>
      <Form form={form} layout="vertical" onFinish={reset}>
        <Form.Item name="password" label={t('admin.temporaryPassword')} extra={t('settings.passwordHelp')} rules={[{ required: true, message: t('settings.required') }]}>
          <Input.Password autoFocus maxLength={200} autoComplete="new-password" data-testid="temporary-password" />
        </Form.Item>
      </Form>
    </Modal>
  );
}
