import { LockOutlined } from '@ant-design/icons';
import { Button, Form, Input } from 'antd';
import type { AppError } from '#shared/protocol/errors';
import { MIN_PASSPHRASE_LENGTH } from '../../storage/cases/keyring.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';

interface Choice {
  readonly passphrase: string;
  readonly repeat: string;
}

/** The first time on a machine whose system keeps no secrets for the program: the person makes one up. */
export function ChoosePassphrase({ isWorking, error, onChoose }: { readonly isWorking: boolean; readonly error: AppError | null; readonly onChoose: (passphrase: string) => void }) {
  const { t } = useText();
  return (
    <section className="hz-card cs-door" data-testid="cases-choose">
      <LockOutlined className="cs-lock" />
      <h2>{t('cases.choose')}</h2>
      <p>{t('cases.chooseWhy')}</p>
      <p className="cs-strong">{t('cases.chooseLost')}</p>
      {error && <ErrorNotice error={error} />}
      <Form<Choice> layout="vertical" requiredMark={false} size="large" onFinish={({ passphrase }) => onChoose(passphrase)}>
        <Form.Item name="passphrase" label={t('cases.passphrase')} extra={t('cases.passphraseRule', { count: MIN_PASSPHRASE_LENGTH })} rules={[{ required: true, min: MIN_PASSPHRASE_LENGTH, message: t('cases.passphraseRule', { count: MIN_PASSPHRASE_LENGTH }) }]}>
          <Input.Password autoFocus autoComplete="new-password" maxLength={200} data-testid="cases-passphrase" />
        </Form.Item>
        <Form.Item
          name="repeat"
          label={t('cases.passphraseRepeat')}
          dependencies={['passphrase']}
          rules={[({ getFieldValue }) => ({ validator: (_, value) => (value === getFieldValue('passphrase') ? Promise.resolve() : Promise.reject(new Error(t('cases.passphraseMismatch')))) })]}
        >
          <Input.Password autoComplete="new-password" maxLength={200} data-testid="cases-passphrase-repeat" />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={isWorking} data-testid="cases-choose-submit">
          {t('cases.chooseSubmit')}
        </Button>
      </Form>
    </section>
  );
}

/** Each time after a start: the same passphrase opens what is here. */
export function Unlock({ isWorking, error, onUnlock }: { readonly isWorking: boolean; readonly error: AppError | null; readonly onUnlock: (passphrase: string) => void }) {
  const { t } = useText();
  return (
    <section className="hz-card cs-door" data-testid="cases-locked">
      <LockOutlined className="cs-lock" />
      <h2>{t('cases.locked')}</h2>
      <p>{t('cases.lockedText')}</p>
      {error && (error.code === 'auth.badCredentials' ? <ErrorNotice error={error} text={t('cases.wrongPassphrase')} /> : <ErrorNotice error={error} />)}
      <Form<{ readonly passphrase: string }> layout="vertical" requiredMark={false} size="large" onFinish={({ passphrase }) => onUnlock(passphrase)}>
        <Form.Item name="passphrase" label={t('cases.passphrase')} rules={[{ required: true, message: t('settings.required') }]}>
          <Input.Password autoFocus autoComplete="current-password" maxLength={200} data-testid="cases-passphrase" />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={isWorking} data-testid="cases-unlock">
          {isWorking ? t('cases.unlocking') : t('cases.unlock')}
        </Button>
      </Form>
    </section>
  );
}
