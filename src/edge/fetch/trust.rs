//! Which servers are believed to be who they say.
//!
//! As Go does it, and with it docker, podman and Helm: what is signed by a trusted certificate is believed, and so is a
//! certificate that is itself among the trusted ones, which `rustls` alone would refuse where it is that of an authority.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use helm_engine::pki::x509::{EXTENDED_KEY_USAGE, X509};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    ALL_VERSIONS, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme, StreamOwned,
};
use ureq::tls::{PemItem, parse_pem};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use crate::edge::disk;
use crate::edge::sources::disk_fault;
use crate::stage::resolve::SourceError;

/// The certificates of a file in PEM.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    let text = disk::read_any(path).map_err(|it| disk_fault(&it))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(it)) => found.push(CertificateDer::from(it.der().to_vec())),
            Ok(_) => {}
            Err(it) => return Err(SourceError::NotPem { path: path.into(), fault: it.to_string() }),
        }
    }
    if found.is_empty() {
        return Err(SourceError::NoCertificate { path: path.into(), is_der: X509::parse(&text).is_ok() });
    }
    Ok(found)
}

/// Speaks TLS to servers that are believed.
#[derive(Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Trusts these certificates beside the system's; a machine without any gets Mozilla's.
    pub fn new(own: &[CertificateDer<'static>]) -> Result<Tls, rustls::Error> {
        let mut trusted = rustls_native_certs::load_native_certs().certs;
        trusted.extend(own.iter().cloned());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(trusted.iter().cloned());
        if trusted.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new(roots, trusted, Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(ALL_VERSIONS)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Tls { config: Arc::new(config) })
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Secured>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| ureq::Error::Tls("its name is no name of a host"))?;
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), Arc::clone(&details.current_time));
        socket.set_timeout(details.timeout);
        connection.complete_io(&mut socket)?;
        let stream = StreamOwned { conn: connection, sock: socket };
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Secured { buffers, stream })))
    }
}

/// A connection with TLS.
pub struct Secured {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl std::fmt::Debug for Secured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secured")
    }
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// Believes what is signed by a trusted certificate, and a certificate that is itself trusted.
#[derive(Debug)]
struct Verifier {
    signed: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(
        roots: RootCertStore,
        trusted: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Verifier, rustls::Error> {
        let signed = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let signed = signed.map_err(|it| rustls::Error::General(it.to_string()))?;
        Ok(Verifier { signed, trusted })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = self.signed.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let Err(rustls::Error::InvalidCertificate(fault)) = found else { return found };
        // rustls names this fault nowhere: it stands in webpki's own words.
        let is_authority =
            matches!(&fault, CertificateError::Other(it) if it.to_string().contains("CaUsedAsEndEntity"));
        if !is_authority && fault != CertificateError::UnknownIssuer {
            return Err(fault.into());
        }
        // Trusted by nobody is all that an authority's certificate lacks which is not among the trusted ones.
        let unknown = || rustls::Error::from(CertificateError::UnknownIssuer);
        if !self.trusted.iter().any(|it| it == end_entity) {
            return Err(unknown());
        }
        let certificate = X509::parse(end_entity).map_err(|_| CertificateError::BadEncoding)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now < certificate.not_before {
            return Err(CertificateError::NotValidYet.into());
        }
        if now > certificate.not_after {
            return Err(CertificateError::Expired.into());
        }
        if certificate.extension(EXTENDED_KEY_USAGE).is_some_and(|it| !is_for_servers(it)) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signed.supported_verify_schemes()
    }
}

/// Whether an extended key usage names servers or any use.
fn is_for_servers(usage: &[u8]) -> bool {
    const SERVER: &[u8] = &[0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
    const ANY: &[u8] = &[0x06, 0x04, 0x55, 0x1d, 0x25, 0x00];
    [SERVER, ANY].iter().any(|wanted| usage.windows(wanted.len()).any(|it| it == *wanted))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A certificate of an authority for localhost that signs itself, good for two days from `FROM` on.
    const OWN: &str = "MIIBgzCCASmgAwIBAgIURhopb09xYdoZU+VD7sPdI1VzixEwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjcxNDAx\
         MTNaFw0yNjExMjkxNDAxMTNaMAwxCjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAT1KoyWs2f+8Wwi/bU1gOxz\
         vXIBDNfJn2/APY5t00Alqs9fKFOdWHZYlZrDbuAW/s6uhwfwQZsXBsVLXdPxHCuZo2kwZzAdBgNVHQ4EFgQUFH0GObkudQQmqUmK\
         kDwBPFm/GB8wHwYDVR0jBBgwFoAUFH0GObkudQQmqUmKkDwBPFm/GB8wDwYDVR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2Nh\
         bGhvc3QwCgYIKoZIzj0EAwIDSAAwRQIgQY+oB37UDwP00n9TZnZrd1cDqbLZupaQwQYavKZSmDoCIQCoAy3ZuEtRtITjDJt2z3B+\
         x5hNkrmafB+v2wwJrkf9dA==";
    const FROM: u64 = 1795788073;

    #[test]
    fn a_trusted_certificate_is_believed_for_its_name_and_its_time() {
        let own = CertificateDer::from(STANDARD.decode(OWN).expect("base64"));
        let provider = || Arc::new(rustls::crypto::ring::default_provider());
        let verify = |trusted: bool, name: &str, now: u64| {
            let mut roots = RootCertStore::empty();
            // Without any, there is no verifier at all.
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            if trusted {
                roots.add(own.clone()).expect("a certificate");
            }
            let trusted = if trusted { vec![own.clone()] } else { Vec::new() };
            let verifier = Verifier::new(roots, trusted, provider()).expect("a verifier");
            let name = ServerName::try_from(name.to_owned()).expect("a name");
            let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
            match verifier.verify_server_cert(&own, &[], &name, &[], now) {
                Ok(_) => "believed".into(),
                Err(fault) => crate::edge::fetch::failure::tls_fault(&fault, "x").1,
            }
        };
        assert_eq!(verify(true, "localhost", FROM + 1), "believed");
        for (trusted, name, now, word) in [
            (false, "localhost", FROM + 1, "signed by nobody"),
            (true, "elsewhere.io", FROM + 1, "for other names"),
            (true, "localhost", FROM - 2, "not valid yet"),
            (true, "localhost", FROM + 200_000, "has expired"),
        ] {
            let said = verify(trusted, name, now);
            assert!(said.contains(word) && said.starts_with("no secure connection"), "{word}: {said}");
        }
    }
}
