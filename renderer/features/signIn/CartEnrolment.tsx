import { DeleteOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useText } from '../../ui/text.ts';

const LENGTH = 8;
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

export interface CartEnrolmentProps {
  readonly isWorking: boolean;
  readonly isEnrolled: boolean;
  readonly onEnrol: (code: string) => void;
  readonly onSignIn: () => void;
}

/** Eight digits by keyboard or by a pad large enough for gloves; an enrolled cart signs in with one press. */
export function CartEnrolment({ isWorking, isEnrolled, onEnrol, onSignIn }: CartEnrolmentProps) {
  const { t } = useText();
  const [code, setCode] = useState('');
  const [wantsCode, setWantsCode] = useState(!isEnrolled);
  const add = (digits: string) => setCode((old) => (old + digits.replace(/\D/g, '')).slice(0, LENGTH));

  if (!wantsCode) {
    return (
      <div className="hz-column">
        <p>{t('signIn.cartEnrolled')}</p>
        <Button type="primary" size="large" block loading={isWorking} onClick={onSignIn} data-testid="cart-sign-in">
          {t('signIn.cartAgain')}
        </Button>
        <Button size="large" block onClick={() => setWantsCode(true)}>
          {t('signIn.cartOther')}
        </Button>
      </div>
    );
  }
  return (
    <form
      className="hz-column"
      onSubmit={(event) => {
        event.preventDefault();
        if (code.length === LENGTH) onEnrol(code);
      }}
    >
      <div>
        <h2 className="si-subtitle">{t('signIn.cartTitle')}</h2>
        <p className="hz-muted">{t('signIn.cartHelp')}</p>
      </div>
      <div className="si-code">
        <label className="hz-hidden" htmlFor="cart-code">
          {t('signIn.cartCode')}
        </label>
        <input
          id="cart-code"
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          maxLength={LENGTH}
          onChange={(event) => setCode(event.target.value.replace(/\D/g, '').slice(0, LENGTH))}
          data-testid="cart-code"
        />
        <div className="si-digits" aria-hidden="true">
          {Array.from({ length: LENGTH }, (_, index) => (
            <span key={index} data-current={index === code.length}>
              {code[index] ?? ''}
            </span>
          ))}
        </div>
      </div>
      <div className="si-pad" role="group" aria-label={t('signIn.keypad')}>
        {KEYS.map((key) => (
          <Button key={key} size="large" onClick={() => add(key)}>
            {key}
          </Button>
        ))}
        <Button size="large" block icon={<DeleteOutlined />} aria-label={t('signIn.keypadDelete')} onClick={() => setCode((old) => old.slice(0, -1))} />
        <Button size="large" onClick={() => add('0')}>
          0
        </Button>
        <Button type="primary" size="large" htmlType="submit" disabled={code.length !== LENGTH} loading={isWorking} title={t('signIn.cartCodeLength')} data-testid="cart-enrol">
          {t('signIn.cartSubmit')}
        </Button>
      </div>
    </form>
  );
}
