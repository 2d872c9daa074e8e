//! `gmpki responder`: the responders of other machines.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;
use sm_engine::sm3;

use crate::cli::ResponderCommand;
use crate::data::{DataDirectory, write_private};
use crate::output::{Failure, Output};
use crate::serve::read_request;

/// Runs one of them.
pub fn run(
    command: &ResponderCommand,
    data: &DataDirectory,
    output: Output,
) -> Result<(), Failure> {
    match command {
        ResponderCommand::Enrol { request } => enrol(request, data, output),
    }
}

/// Puts a request where the running authority looks for it.
fn enrol(request: &Path, data: &DataDirectory, output: Output) -> Result<(), Failure> {
    if !data.log_key_file().exists() {
        return Err(anyhow::anyhow!("{} holds no authority", data.path().display()).into());
    }
    let request = read_request(request)?;
    let key = sm3::digest(&x509::key_info(request.public_key())).to_string();
    let folder = data.responders();
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let path = folder.join(format!("{}.csr", key.get(..16).unwrap_or(&key)));
    if !path.exists() {
        write_private(&path, request.to_pem().as_bytes())?;
    }
    let value = json!({ "key": key, "request": path });
    output.result(&value, || {
        format!(
            "公钥 {key} 已登记；服务运行时将为其签发并自动更新响应证书。删除 {} 即停止更新。\n\
             enrolled: the running authority certifies and renews this key for as long as {} exists",
            path.display(),
            path.display()
        )
    });
    Ok(())
}
