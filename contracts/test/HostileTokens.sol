// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TestERC20} from "./TestERC20.sol";

/// @title NoReturnToken
/// @notice Its functions return nothing where ERC-20 wants a boolean.
contract NoReturnToken is TestERC20 {
    constructor() TestERC20("No return", "NRT", 1e24, 18) {}

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        _returnNothing();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _returnNothing();
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        super.approve(spender, amount);
        _returnNothing();
    }

    function _returnNothing() private pure {
        assembly {
            return(0, 0)
        }
    }
}

/// @title FalseToken
/// @notice Returns false where others revert.
contract FalseToken is TestERC20 {
    constructor() TestERC20("False", "FLS", 1e24, 18) {}

    function transfer(address to, uint256 amount) public override returns (bool) {
        return balanceOf(msg.sender) >= amount && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return
            balanceOf(from) >= amount &&
            allowance(from, msg.sender) >= amount &&
            super.transferFrom(from, to, amount);
    }
}

/// @title FeeToken
/// @notice Keeps a hundredth of every transfer.
contract FeeToken is TestERC20 {
    constructor() TestERC20("Fee", "FEE", 1e24, 18) {}

    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = from == address(0) ? 0 : amount / 100;
        super._update(from, to, amount - fee);
        if (fee != 0) super._update(from, address(this), fee);
    }
}

/// @title BlocklistToken
/// @notice Some accounts may neither send nor receive.
contract BlocklistToken is TestERC20 {
    /// @notice The account is on the list.
    error Blocked(address account);

    mapping(address account => bool) public blocked;

    constructor() TestERC20("Blocklist", "BLK", 1e24, 18) {}

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// @title CallbackToken
/// @notice Calls a prepared target during the next transfer, as ERC-777 tokens call senders.
contract CallbackToken is TestERC20 {
    address private target;
    bytes private data;

    constructor() TestERC20("Callback", "CBK", 1e24, 18) {}

    /// @notice Sets the call to make in the next transfer.
    function prepare(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        address callee = target;
        target = address(0);
        if (callee != address(0)) {
            (bool success, bytes memory answer) = callee.call(data);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
        super._update(from, to, amount);
    }
}

/// @title ShrinkingToken
/// @notice Takes tokens out of accounts by itself, as a token does that changes balances.
contract ShrinkingToken is TestERC20 {
    constructor() TestERC20("Shrinking", "SHR", 1e24, 18) {}

    function shrink(address account, uint256 amount) external {
        _burn(account, amount);
    }
}

/// @title NoZeroApprovalToken
/// @notice Reverts on approvals of zero.
contract NoZeroApprovalToken is TestERC20 {
    constructor() TestERC20("No zero approval", "NZA", 1e24, 18) {}

    function approve(address spender, uint256 amount) public override returns (bool) {
        require(amount != 0, "zero");
        return super.approve(spender, amount);
    }
}

/// @title NoZeroTransferToken
/// @notice Refuses to move nothing.
contract NoZeroTransferToken is TestERC20 {
    error NothingToMove();

    constructor() TestERC20("No zero", "NOZ", 1e24, 18) {}

    function _update(address from, address to, uint256 value) internal override {
        if (value == 0) revert NothingToMove();
        super._update(from, to, value);
    }
}
