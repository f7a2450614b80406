// "Deliver it yourself": has a browser wallet (EIP-1193) send the delivery that the server prepared.
const UNKNOWN_CHAIN = 4902;
const REFUSED = 4001;
const PATIENCE = 1500;
// Milliseconds between two looks for the receipt.

export function delivering() {
  const form = document.querySelector("form[data-deliver]");
  if (!form) return;
  const button = form.querySelector("button");
  const said = form.querySelector("[role=status]");
  const say = (text, kind = "") => {
    said.textContent = text;
    said.className = `note ${kind}`;
    said.hidden = false;
  };
  if (!window.ethereum) {
    button.disabled = true;
    form.querySelector("[data-no-wallet]").hidden = false;
    return;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await deliver(form.dataset, say);
    } catch (error) {
      say(reason(error, form.dataset.chain), "bad");
    }
    button.disabled = false;
  });
}

async function deliver({ deliver, chain }, say) {
  const wallet = window.ethereum;
  say("Asking the wallet for an account …");
  const [account] = await wallet.request({ method: "eth_requestAccounts" });
  if (!account) throw new Error("the wallet gave no account");
  say("Preparing and trying the delivery …");
  const call = await prepared(`${deliver}?sender=${encodeURIComponent(account)}`);
  say(`Switching the wallet to ${chain} …`);
  const chainId = `0x${BigInt(call.chainId).toString(16)}`;
  await wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
  say("Confirm the transaction in the wallet …");
  const hash = await wallet.request({
    method: "eth_sendTransaction",
    params: [
      {
        from: account,
        to: call.to,
        data: call.data,
        value: "0x0",
        // The recipient is a stranger: what it takes is what the server saw, whatever the wallet
        // would estimate now.
        gas: `0x${BigInt(call.gas).toString(16)}`,
        chainId,
      },
    ],
  });
  say(`Sent as ${hash}. Waiting for its block …`);
  const receipt = await received(wallet, hash);
  if (BigInt(receipt.status) === 0n) throw new Error(`transaction ${hash} failed on ${chain}`);
  say(`Delivered by ${hash} in block ${BigInt(receipt.blockNumber)} of ${chain}.`, "good");
}

async function prepared(url) {
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  // What stands between may answer with a page.
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  throw new Error(body?.detail ?? `the server answers ${answer.status}; try again later`);
}

async function received(wallet, hash) {
  for (;;) {
    const receipt = await wallet.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (receipt) return receipt;
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  }
}

function reason(error, chain) {
  if (error?.code === REFUSED) return "You refused it in the wallet; nothing was sent.";
  if (error?.code === UNKNOWN_CHAIN) {
    return `The wallet does not know ${chain}: add the chain to it, then try again.`;
  }
  return `Not delivered: ${error?.message ?? error}`;
}
